"""What an update did, or would do, in lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainer.evaluation import LARGE, SOME

if TYPE_CHECKING:
    from trainer.training import ScoredSnapshot, UpdateResult

NAMED = 5  # features that are named


def update_lines(result: UpdateResult) -> list[str]:
    """Return a line for each snapshot that was loaded, the build, the labels, and each snapshot that was scored."""
    if result.is_current:
        checked = f" {result.unchanged:,} snapshots are loaded as they are," if result.unchanged else ""
        return [f"Nothing to do:{checked} all models are built and the last snapshots scored."]
    will = "would be " if result.dry_run else ""
    rows = {str(one.key): one.rows for one in result.loaded}
    lines = [f"{key} {will}loaded: {reason}{_rows(rows.get(key, {}))}" for key, reason in result.to_load.items()]
    if result.unchanged:
        lines.append(f"{result.unchanged} snapshots are loaded as they are")
    if result.build:
        lines.append(f"models {will}built: {result.build}")
    for key, counts in result.labels.items():
        said = ", ".join(f"{source} ({count:,})" for source, count in counts.items()) or "none"
        lines.append(f"{key} your labels that apply: {said}")
    if result.dry_run:
        lines += [f"{one} would be scored by {one.model_id}: {one.reason}" for one in result.to_score]
    for scored in result.scored:
        lines += _scored(scored)
    if result.seconds:
        spent = ", ".join(f"{name} {value:.1f}" for name, value in result.seconds.items())
        lines.append(f"Done in {sum(result.seconds.values()):.1f} s ({spent}).")
    return lines


def _rows(rows: dict[str, int]) -> str:
    return f" ({', '.join(f'{table} {count:,}' for table, count in rows.items())})" if rows else ""


def _scored(scored: ScoredSnapshot) -> list[str]:
    found = scored.result
    key = f"{found.network}/{found.processing_date}/{found.window_days}"
    lines = [f"{key} scored by {found.model_id}: {found.rows:,} rows in {found.view}, mean score {found.score_mean:.4f}"]
    if scored.drift is None:
        return [*lines, "  no drift: it is the first snapshot of its network and window"]
    changed = {name: index for name, index in scored.drift.features.items() if index >= SOME}
    named = ", ".join(f"{name} {index:.2f}" for name, index in list(changed.items())[:NAMED])
    most = f", most {named}" if named else ""
    return [
        *lines,
        f"  drift since {scored.drift.before} (population stability index; from {SOME} some, from {LARGE} large): "
        f"scores {scored.drift.scores:.3f}; {len(changed)} of {len(scored.drift.features)} features from {SOME} on{most}",
    ]
