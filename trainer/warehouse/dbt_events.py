"""Reads what dbt logs with `--log-format json`: which node runs, how many are done, and what went wrong, a line each."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from trainer.errors import NotBuiltError

# Names of dbt's events (dbt-core, events/types.py).
STARTED = "LogStartLine"
FINISHED = {"LogModelResult", "LogTestResult", "LogSeedResult", "LogSnapshotResult", "LogFunctionResult"}
FINISHED |= {"SkippingDetails", "LogNodeNoOpResult"}  # an exposure is a node with nothing to do
REASONS = {"RunResultError", "RunResultErrorNoMessage", "RunResultFailure", "RunResultWarning", "RunResultWarningMessage"}
NO_STATUS = "None"  # of the node of a unit test: only the event itself has its status
MAX_REASON = 300


@dataclass
class DbtRun:
    """A run of dbt as far as it has come.

    Attributes:
        current: the node that started last, '' as long as dbt reads the project.
        done, total: nodes that are finished or skipped, and all that are selected; 0 of 0 before the first.
        counts: status (success, pass, warn, fail, error, skipped) → nodes.
        exit_code: dbt's, once it has ended.
    """

    current: str = ""
    done: int = 0
    total: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    exit_code: int = 0
    _of_nodes: dict[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    _reasons: dict[str, list[str]] = field(default_factory=dict, repr=False)
    _others: list[tuple[str, str]] = field(default_factory=list, repr=False)

    @property
    def problems(self) -> list[str]:
        """A line for each node that failed or warns, and for each warning and error that is no node's; warnings first."""
        of_nodes = [(status, f"{name}{self._reason(node)}") for node, (name, status) in self._of_nodes.items()]
        lines = sorted(self._others + of_nodes, key=lambda one: one[0] != "warn")
        return [f"{status}  {text}" for status, text in lines]

    def require_success(self, command: str) -> None:
        """Raise NotBuiltError, saying how much of the command failed, unless dbt ended well."""
        if not self.exit_code:
            return
        failed = self.counts["error"] + self.counts["fail"]
        what = (
            f"{failed} {'node' if failed == 1 else 'nodes'} of {self.total} failed"
            if failed
            else "it stopped before it built anything"
        )
        skipped = f", and {self.counts['skipped']} were skipped" if self.counts["skipped"] else ""
        raise NotBuiltError(f"{command} failed: {what}{skipped}; mend what is named above and run it again.")

    def read(self, line: str) -> bool:
        """Take in a line of the log; return whether what runs or how much is done has changed."""
        try:
            event = json.loads(line)
            name, level, message, data = event["info"]["name"], event["info"]["level"], event["info"]["msg"], event["data"]
        except (ValueError, KeyError, TypeError):  # a library's own output
            return False
        node: dict[str, Any] = data.get("node_info") or {}
        if name == STARTED:
            self.current, self.total = node.get("node_name", ""), data["total"]
            return True
        if name in FINISHED:
            self._finish(node, data)
            return True
        if name in REASONS:
            self._reasons.setdefault(node.get("unique_id", ""), []).append(data.get("msg") or "")
        elif level in {"warn", "error"}:  # such as a --select that matches nothing
            self._others.append((level, _one_line(message)))
        return False

    def _finish(self, node: dict[str, Any], data: dict[str, Any]) -> None:
        status = str(node.get("node_status", ""))
        if status == NO_STATUS:
            status = str(data.get("status", ""))
        self.done, self.total = self.done + 1, data.get("total") or data.get("num_models") or self.total
        self.counts[status] += 1
        if status in {"warn", "fail", "error"}:
            self._of_nodes[node.get("unique_id", "")] = node.get("node_name", ""), status

    def _reason(self, node: str) -> str:
        reason = _one_line(" ".join(self._reasons.get(node, [])))
        return f": {reason}" if reason else ""


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_REASON else line[:MAX_REASON] + "…"
