"""Features chosen by pattern: which are kept, in which order, and the error for a pattern that matches nothing."""

from __future__ import annotations

import pytest

from trainer.data.feature import Feature
from trainer.data.feature_choice import FeatureChoice
from trainer.errors import UsageError

NAMES = ("degree_in", "degree_out", "flow_in_usd", "flow_out_usd", "custom__a", "alert_tag__typology_mixing")
FEATURES = [Feature(name, name) for name in NAMES]


@pytest.mark.parametrize(
    ("features", "exclude", "kept"),
    [
        ((), (), NAMES),
        (("flow_*",), (), ("flow_in_usd", "flow_out_usd")),
        (("custom__*", "degree_?n"), (), ("degree_in", "custom__a")),
        ((), ("*_usd", "alert_*"), ("degree_in", "degree_out", "custom__a")),
        (("*_in*", "*_out*"), ("flow_*",), ("degree_in", "degree_out")),
        (("flow_[io]n_*",), (), ("flow_in_usd",)),
    ],
)
def test_patterns_choose(features: tuple[str, ...], exclude: tuple[str, ...], kept: tuple[str, ...]) -> None:
    assert tuple(feature.name for feature in FeatureChoice(features, exclude).of(FEATURES)) == kept


@pytest.mark.parametrize(
    ("choice", "reason"),
    [
        (FeatureChoice(("degre_in",)), "--features 'degre_in' matches none of the 6 features; near it are: degree_in"),
        (FeatureChoice((), ("usd",)), "--exclude 'usd'.*near it are: flow_in_usd, flow_out_usd"),
        (FeatureChoice(("qqqqqqq*",)), "--features 'qqqqqqq\\*' matches none"),
        (FeatureChoice(("DEGREE_IN",)), "matches none"),
        (FeatureChoice((), ("*",)), "leave none"),
        (FeatureChoice(accepted=("degree_inn",)), "--accept-column 'degree_inn' is none of the 6 .*near it are: degree_in"),
        (FeatureChoice(("flow_*",), ("*_usd",)), "leave none"),
    ],
)
def test_a_pattern_that_matches_nothing_lists_similar_names(choice: FeatureChoice, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        choice.of(FEATURES)


def test_a_feature_is_named_itself_or_matched() -> None:
    choice = FeatureChoice(("flow_*", "degree_in"), accepted=("custom__a",))
    assert [name for name in NAMES if choice.names(name)] == ["degree_in", "custom__a"]
