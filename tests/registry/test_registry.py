"""A model is found by its id."""

from __future__ import annotations

from typing import Any

import pytest

from trainer.errors import ArtifactError
from trainer.registry import choose_model, get_model, is_for, registry

MODELS = [{"model_id": "newest"}, {"model_id": "latest"}, {"model_id": "older"}]
CLIENT: Any = None


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "list_models", lambda client: MODELS)


def test_a_model_is_found_by_its_id_whatever_it_is() -> None:
    assert get_model(CLIENT, "older") is MODELS[2]
    assert get_model(CLIENT, "latest") is MODELS[1]
    choice = choose_model(CLIENT, "older")
    assert (choice.model, choice.why, choice.warnings) == (MODELS[2], "", [])


def test_an_unknown_id_lists_the_newest() -> None:
    with pytest.raises(ArtifactError, match="no model 'lost'; the newest are: newest, latest, older"):
        get_model(CLIENT, "lost")


def test_an_empty_registry_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "list_models", lambda client: [])
    with pytest.raises(ArtifactError, match="the newest are: none yet"):
        get_model(CLIENT, "lost")


@pytest.mark.parametrize(
    ("trained", "network", "expected"),
    [("base", "base", True), ("base+simnet", "simnet", True), ("base+simnet", "sim", False), ("base", "base+simnet", False)],
)
def test_a_model_is_for_the_networks_it_was_trained_on(trained: str, network: str, expected: bool) -> None:
    assert is_for({"network": trained}, network) is expected
