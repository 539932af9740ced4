"""Which features a model may see: shell patterns over the names of the matrix's columns."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from trainer.errors import UsageError

if TYPE_CHECKING:
    from trainer.data.dataset import Feature

NEAR = 5


@dataclass(frozen=True)
class FeatureChoice:
    """Patterns such as `flow_*`: what matches one of `features` (none: everything) and none of `exclude` is kept."""

    features: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def of(self, there: Sequence[Feature]) -> list[Feature]:
        """Return the chosen features in their order.

        Raises:
            UsageError: a pattern matches nothing, or nothing is left.
        """
        names = [feature.name for feature in there]
        for option, patterns in (("--features", self.features), ("--exclude", self.exclude)):
            for pattern in patterns:
                if not any(fnmatchcase(name, pattern) for name in names):
                    raise UsageError(f"{option} '{pattern}' matches none of the {len(names)} features{_near(pattern, names)}.")
        kept = [feature for feature in there if self._keeps(feature.name)]
        if not kept:
            raise UsageError(f"--features and --exclude leave none of the {len(names)} features; exclude less.")
        return kept

    def _keeps(self, name: str) -> bool:
        included = not self.features or any(fnmatchcase(name, pattern) for pattern in self.features)
        return included and not any(fnmatchcase(name, pattern) for pattern in self.exclude)


def _near(pattern: str, names: Sequence[str]) -> str:
    bare = pattern.strip("*?")
    near = difflib.get_close_matches(bare, names, NEAR, 0.5) or [name for name in names if bare.lower() in name.lower()][:NEAR]
    return f"; near it are: {', '.join(near)}" if near else "; `fit --json` without patterns names them in its model.json"
