"""Queries on dbt's manifest."""

from __future__ import annotations

from typing import Any


def ancestors(manifest: dict[str, Any], unique_id: str) -> set[str]:
    """Return the unique ids of everything that a node depends on, directly or not."""
    result: set[str] = set()
    waiting = [unique_id]
    while waiting:
        node = manifest["nodes"].get(waiting.pop())
        for parent in node["depends_on"].get("nodes", []) if node else []:
            if parent not in result:
                result.add(parent)
                waiting.append(parent)
    return result
