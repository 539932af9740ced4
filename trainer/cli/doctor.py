"""The command doctor."""

from __future__ import annotations

import typer

from trainer.cli.options import Json, Target
from trainer.cli.output import emit


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(doctor)


def doctor(json: Json = False, target: Target = None) -> None:
    """Say what is installed, which profile, project, warehouse and models are in use and why, and whether each works."""
    from trainer.doctor import Check, examine, exit_code

    def show(check: Check) -> None:
        line = f"{check.status:<5} {check.name:<10} {check.detail}"
        emit({}, as_json=False, lines=[f"{line}: {check.advice}" if check.advice else line])

    checks = examine(target, None if json else show)
    code = exit_code(checks)
    if json:
        emit({"ok": not code, "checks": [check.as_dict() for check in checks]}, as_json=True, lines=[])
    if code:
        raise typer.Exit(code)
