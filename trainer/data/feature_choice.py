"""Which features a model uses: shell patterns over feature names."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from trainer.errors import UsageError

if TYPE_CHECKING:
    from trainer.data.feature import Feature

NEAR = 5


@dataclass(frozen=True)
class FeatureChoice:
    """Patterns such as `flow_*`: a feature is kept if it matches one of `features` (none: any) and none of `exclude`.

    `accepted` names columns that stay although they agree with gold labels like an answer, or are withheld for another reason.
    """

    features: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()

    def of(self, features: Sequence[Feature], answers: Collection[str] = (), withheld: Collection[str] = ()) -> list[Feature]:
        """Return the chosen features in their order, without those named in `answers` or `withheld`.

        Raises:
            UsageError: a pattern matches no feature, an accepted column is none, or no feature is left.
        """
        names = [feature.name for feature in features]
        for option, patterns in (("--features", self.features), ("--exclude", self.exclude)):
            for pattern in patterns:
                if not any(fnmatchcase(name, pattern) for name in names):
                    raise UsageError(f"{option} '{pattern}' matches none of the {len(names)} features{_near(pattern, names)}.")
        columns = {*names, *(feature.key for feature in features)}
        if unknown := [name for name in self.accepted if name not in columns]:
            raise UsageError(f"--accept-column '{unknown[0]}' is none of the {len(names)} features{_near(unknown[0], names)}.")
        left_out = {*answers, *withheld}
        kept = [feature for feature in features if self._keeps(feature.name) and feature.name not in left_out]
        if not kept:
            but = f", as {', '.join(sorted(answers))} agree with gold labels like an answer (--accept-column)" if answers else ""
            but += f", as no model uses {', '.join(sorted(withheld))} unless it is named" if withheld and not answers else ""
            raise UsageError(f"--features and --exclude leave none of the {len(names)} features{but}; exclude less.")
        return kept

    def names(self, name: str) -> bool:
        """Return whether a feature is named itself, and not only matched by a pattern."""
        return name in self.features or name in self.accepted

    def _keeps(self, name: str) -> bool:
        included = not self.features or any(fnmatchcase(name, pattern) for pattern in self.features)
        return included and not any(fnmatchcase(name, pattern) for pattern in self.exclude)


def _near(pattern: str, names: Sequence[str]) -> str:
    bare = pattern.strip("*?")
    near = difflib.get_close_matches(bare, names, NEAR, 0.5) or [name for name in names if bare.lower() in name.lower()][:NEAR]
    return f"; near it are: {', '.join(near)}" if near else "; the model.json of a `fit` without patterns lists them"
