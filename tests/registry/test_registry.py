"""A model is found by its id, or as the newest of its network, window and model type."""

from __future__ import annotations

from typing import Any

import pytest

from trainer.errors import ArtifactError
from trainer.registry import get_model, is_for, latest_model, registry

MODELS = [
    {"model_id": "newest", "network": "simnet", "window_days": 90, "model_type": "alert_ranker"},
    {"model_id": "newer", "network": "simnet", "window_days": 90, "model_type": "alert_scorer"},
    {"model_id": "latest", "network": "simnet", "window_days": 30, "model_type": "alert_scorer"},
    {"model_id": "oldest", "network": "simnet", "window_days": 90, "model_type": "alert_scorer"},
]


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "list_models", lambda client: MODELS)


CLIENT: Any = None


def test_a_model_is_found_by_its_id_whatever_it_is_called() -> None:
    assert get_model(CLIENT, "oldest") is MODELS[3]
    assert get_model(CLIENT, "latest") is MODELS[2]


def test_an_unknown_id_lists_the_newest() -> None:
    with pytest.raises(ArtifactError, match="no model 'lost'; the newest are: newest, newer, latest, oldest"):
        get_model(CLIENT, "lost")


def test_an_empty_registry_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "list_models", lambda client: [])
    with pytest.raises(ArtifactError, match="the newest are: none yet"):
        get_model(CLIENT, "lost")
    with pytest.raises(ArtifactError, match=r"No alert_scorer was trained .*'simnet'.*90; run `trainer fit`"):
        latest_model(CLIENT, "simnet", 90, "alert_scorer")


@pytest.mark.parametrize(
    ("window_days", "model_type", "expected"),
    [(90, None, "newest"), (90, "alert_scorer", "newer"), (30, None, "latest"), (30, "alert_scorer", "latest")],
)
def test_the_latest_is_the_newest_of_its_kind(window_days: int, model_type: str | None, expected: str) -> None:
    assert latest_model(CLIENT, "simnet", window_days, model_type)["model_id"] == expected


def test_a_model_of_a_network_alone_comes_before_one_of_several(monkeypatch: pytest.MonkeyPatch) -> None:
    pooled = {"model_id": "pooled", "network": "base+simnet", "window_days": 90, "model_type": "alert_scorer"}
    monkeypatch.setattr(registry, "list_models", lambda client: [pooled, *MODELS])
    assert latest_model(CLIENT, "simnet", 90, "alert_scorer")["model_id"] == "newer"
    assert latest_model(CLIENT, "base", 90)["model_id"] == "pooled"
    with pytest.raises(ArtifactError, match=r"--model-id: pooled \(base\+simnet\)"):
        latest_model(CLIENT, "net", 90)


@pytest.mark.parametrize(
    ("trained", "network", "expected"),
    [("base", "base", True), ("base+simnet", "simnet", True), ("base+simnet", "sim", False), ("base", "base+simnet", False)],
)
def test_a_model_is_for_the_networks_it_was_trained_on(trained: str, network: str, expected: bool) -> None:
    assert is_for({"network": trained}, network) is expected


@pytest.mark.parametrize(("network", "window_days", "model_type"), [("other", 90, None), ("simnet", 30, "alert_ranker")])
def test_another_network_window_or_type_has_no_latest(network: str, window_days: int, model_type: str | None) -> None:
    with pytest.raises(ArtifactError, match="run `trainer fit` first"):
        latest_model(CLIENT, network, window_days, model_type)
