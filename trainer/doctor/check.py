"""What one check found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from trainer.errors import TrainerError

Status = Literal["ok", "note", "fail"]


@dataclass(frozen=True)
class Check:
    """One thing that was checked.

    Attributes:
        name: what was checked.
        status: ok; note for what is not there yet or may be meant so; fail for what does not work.
        detail: what was found, and why this one is in use.
        advice: what to do, '' where nothing is to be done.
        code: exit code of what fails for the reason found here, 0 unless the status is fail.
    """

    name: str
    status: Status
    detail: str
    advice: str = ""
    code: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the check for JSON."""
        return {
            "check": self.name,
            "status": self.status,
            "detail": self.detail,
            "advice": self.advice,
            "exit_code": self.code,
        }


def failure(name: str, error: TrainerError) -> Check:
    """Return the check that an expected error ends: its sentence has what is wrong and what to do."""
    detail, _, advice = str(error).rpartition("; ")
    return Check(name, "fail", detail or advice, advice.rstrip(".") if detail else "", error.exit_code)
