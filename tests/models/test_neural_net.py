"""The neural network: what it learns, which inputs it handles, and which files it refuses."""

from __future__ import annotations

import inspect
import json
import os
import pickle
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.support.artifacts import described
from trainer import NeuralNetTrainer, models
from trainer.data.dataset import Dataset
from trainer.errors import ArtifactError, NotEnoughLabelsError, UsageError
from trainer.evaluation.metrics import metrics
from trainer.models import fit_trainer
from trainer.models.neural_net.inputs import InputScaling
from trainer.registry import artifact

SMALL: dict[str, Any] = {"width": 16, "ensemble_size": 4, "embedding_size": 4, "bins": 6, "epochs": 6, "learning_rate": 0.02}
PLAIN: dict[str, Any] = {"hidden_layers": [16, 8], "epochs": 6, "learning_rate": 0.01}
KINDS = pytest.mark.parametrize("options", [SMALL, PLAIN], ids=["tabm", "plain"])


def rows(n: int = 400, d: int = 5, seed: int = 0) -> tuple[pd.DataFrame, pd.Series]:
    """Heavy-tailed columns, one with missing values; the product of the first two determines the label."""
    rng = np.random.default_rng(seed)
    normal = rng.normal(size=(n, d))
    y = (normal[:, 0] * normal[:, 1] > 0.3).astype(np.float32)
    X = np.exp(3 * normal).astype(np.float32)
    X[rng.random(n) < 0.2, d - 1] = np.nan
    return pd.DataFrame(X, columns=[f"f{i}" for i in range(d)]), pd.Series(y)


def trained(options: dict[str, Any], X: pd.DataFrame, y: Any, *more: Any) -> NeuralNetTrainer:
    trainer = NeuralNetTrainer(**options)
    trainer.train(X, pd.Series(y), *more)
    return trainer


# ---- what it learns -------------------------------------------------------------------------------------------------


def test_the_default_learns_an_interaction_that_a_linear_model_cannot() -> None:
    from sklearn.linear_model import LogisticRegression

    X, y = rows(1200)
    net = trained({"epochs": 25}, X[:800], y[:800]).evaluate(X[800:], y[800:])
    line = LogisticRegression().fit(np.log(X.fillna(1)[:800]), y[:800])
    assert net["auc"] > 0.95
    assert net["auc"] > 0.2 + metrics(y[800:].to_numpy(), line.predict_proba(np.log(X.fillna(1)[800:]))[:, 1])["auc"]


@KINDS
def test_a_class_of_more_weight_gets_more_probability(options: dict[str, Any]) -> None:
    X, y = rows()
    up, down = (trained(options, X, y, pd.Series(np.where(y > 0, weight, 1.0))).predict(X).mean() for weight in (10.0, 0.1))
    assert up > y.mean() + 0.1 and down < y.mean() - 0.1


@KINDS
def test_only_the_ratio_of_weights_matters(options: dict[str, Any]) -> None:
    X, y = rows()
    one, many = (trained(options, X, y, pd.Series(np.full(len(y), weight))).predict(X) for weight in (1.0, 64.0))
    assert one.tobytes() == many.tobytes() == trained(options, X, y).predict(X).tobytes()


@KINDS
def test_rows_of_weight_0_have_no_effect(options: dict[str, Any]) -> None:
    X, y = rows()
    weight = pd.Series((np.arange(len(y)) % 3 > 0).astype(np.float32))
    kept = weight > 0
    address = np.arange(len(y)) // 2
    nonsense = y.where(kept, 1 - y)
    with_them = trained(options, X, nonsense, weight, address)
    without = trained(options, X[kept], y[kept], weight[kept], address[kept])
    assert with_them.predict(X).tobytes() == without.predict(X).tobytes()


@KINDS
def test_predictions_approach_soft_labels(options: dict[str, Any]) -> None:
    X, _ = rows(600)
    soft = np.where(X["f0"] > 1, 0.7, 0.3).astype(np.float32)
    proba = trained(options | {"epochs": 40}, X, soft).predict(X)
    assert abs(proba[soft > 0.5].mean() - 0.7) < 0.05 and abs(proba[soft < 0.5].mean() - 0.3) < 0.05


def test_missingness_can_predict_the_label() -> None:
    X, _ = rows()
    y = X["f4"].isna().astype(np.float32)
    assert trained(SMALL, X, y).evaluate(X, y)["auc"] > 0.99


# ---- what it survives -----------------------------------------------------------------------------------------------


@KINDS
def test_uninformative_and_infinite_columns_are_survived(options: dict[str, Any]) -> None:
    X, y = rows()
    odd = X.assign(constant=1.0, empty=np.nan, endless=np.inf, half=np.where(y > 0, np.inf, -np.inf), gaps=X["f4"] * 0)
    odd = odd.astype(np.float32)
    trainer = trained(options, odd, y)
    assert trainer.evaluate(odd, y)["auc"] > 0.9
    for value in (np.nan, np.inf, -np.inf, 3e38, 0.0):
        proba = trainer.predict(odd * 0 + np.float32(value))
        assert np.isfinite(proba).all() and proba.min() >= 0 and proba.max() <= 1


@KINDS
def test_an_uninformative_table_gets_the_share_of_positives(options: dict[str, Any]) -> None:
    X = pd.DataFrame(np.full((300, 2), [1.0, np.nan], dtype=np.float32))
    y = pd.Series((np.arange(300) % 4 == 0).astype(np.float32))
    proba = trained(options | {"epochs": 60}, X, y).predict(X)
    assert np.ptp(proba) == 0 and abs(proba[0] - 0.25) < 0.05


@KINDS
@pytest.mark.parametrize(("n", "d"), [(2, 1), (3, 1), (40, 300), (33, 1), (65, 2)])
def test_tiny_and_wide_tables_are_survived(options: dict[str, Any], n: int, d: int) -> None:
    rng = np.random.default_rng(n)
    X = pd.DataFrame(rng.normal(size=(n, d)).astype(np.float32))
    trainer = trained(options | {"epochs": 2}, X, (np.arange(n) % 2).astype(np.float32))
    assert np.isfinite(trainer.predict(X)).all() and trainer.predict(X).shape == (n,)


@KINDS
def test_the_prediction_of_a_row_does_not_depend_on_other_rows(options: dict[str, Any]) -> None:
    X, y = rows(700)
    trainer = trained(options | {"epochs": 2}, X, y)
    together = trainer.predict(X)
    assert together.dtype == np.float32
    assert np.concatenate([trainer.predict(X[i : i + 1]) for i in range(0, 700, 50)]).tobytes() == together[::50].tobytes()
    assert trainer.predict(X[::-1])[::-1].tobytes() == together.tobytes()
    assert trainer.predict(X[:0]).shape == (0,)


@pytest.mark.parametrize("label", [0.0, 1.0])
@pytest.mark.parametrize("n", [1, 50])
def test_a_single_class_is_not_enough(label: float, n: int) -> None:
    X, _ = rows(n)
    with pytest.raises(NotEnoughLabelsError, match="both classes"):
        NeuralNetTrainer().train(X, pd.Series(np.full(n, label)))
    weight = np.arange(n) > 0
    with pytest.raises(NotEnoughLabelsError, match="both classes"):
        NeuralNetTrainer().train(X, pd.Series(np.where(weight, label, 1 - label)), pd.Series(weight.astype(float)))


@pytest.mark.parametrize(
    ("labels", "weights", "reason"),
    [
        ([0.0, 1.5, 1.0], None, "Labels"),
        ([0.0, np.nan, 1.0], None, "Labels"),
        ([0.0, 1.0, 1.0], [1.0, -1.0, 1.0], "weight"),
        ([0.0, 1.0, 1.0], [1.0, np.nan, 1.0], "weight"),
        ([0.0, 1.0], None, "different lengths: 2, 3"),
        ([0.0, 1.0, 1.0], [1.0], "different lengths: 1, 3"),
    ],
)
def test_invalid_labels_and_weights_are_refused(labels: list[float], weights: list[float] | None, reason: str) -> None:
    X, _ = rows(3)
    with pytest.raises(UsageError, match=reason):
        NeuralNetTrainer().train(X, pd.Series(labels), None if weights is None else pd.Series(weights))


# ---- one seed, one model --------------------------------------------------------------------------------------------


@KINDS
def test_one_seed_one_network_and_global_random_states_are_restored(options: dict[str, Any]) -> None:
    import torch

    X, y = rows()
    torch.manual_seed(5)
    state = torch.get_rng_state()
    first, again, other = (trained(options | {"seed": seed}, X, y).predict(X).tobytes() for seed in (1, 1, 2))
    assert first == again != other
    assert torch.equal(torch.get_rng_state(), state)


@KINDS
def test_an_earlier_fit_has_no_effect(options: dict[str, Any]) -> None:
    X, y = rows()
    trainer = trained(options, X[::-1], y)
    trainer.train(X, y)
    assert trainer.predict(X).tobytes() == trained(options, X, y).predict(X).tobytes()


def test_a_new_process_with_other_threads_predicts_the_same_to_the_bit(tmp_path: Path) -> None:
    X, y = rows()
    np.save(tmp_path / "X.npy", X.to_numpy())
    expected = b""
    for name, options in (("tabm", SMALL), ("plain", PLAIN)):
        trainer = trained(options, X, y)
        trainer.save(str(tmp_path / f"{name}.safetensors"))
        (tmp_path / f"{name}.json").write_text(json.dumps(trainer.options()))
        expected += trainer.predict(X).tobytes()
    program = f"""
import json, sys
import numpy as np, pandas as pd
from trainer import NeuralNetTrainer
for name in ("tabm", "plain"):
    trainer = NeuralNetTrainer(**json.load(open(f"{tmp_path}/{{name}}.json")))
    trainer.load(f"{tmp_path}/{{name}}.safetensors")
    sys.stdout.buffer.write(trainer.predict(pd.DataFrame(np.load("{tmp_path}/X.npy"))).tobytes())
"""
    environment = os.environ | {"OMP_NUM_THREADS": "3"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, env=environment)
    assert done.stdout == expected


def test_a_model_folder_reloads_to_the_bit(tmp_path: Path, table: Dataset) -> None:
    net, medians = fit_trainer(NeuralNetTrainer(**SMALL), table.frame(), table.y, table.weight)
    assert medians is None
    folder, meta = artifact.save(tmp_path, net, described(table, models.name_of(NeuralNetTrainer)))
    assert (meta.model, meta.file) == ("neural_net", "model.safetensors")
    expected = np.asarray(net.predict(table.frame()), dtype=np.float64)
    assert artifact.load(folder).predict(table.frame()).tobytes() == expected.tobytes()


# ---- the hold-out ---------------------------------------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1), st.integers(20, 200), st.integers(1, 4))
def test_an_address_is_either_fitted_or_held_out(seed: int, n: int, each: int) -> None:
    from trainer.models.neural_net.fitting import HELD_OUT, held_out

    rng = np.random.default_rng(seed)
    groups = rng.permutation(np.repeat(np.arange(n), each)).astype(str)
    y = (rng.random(n * each) < 0.4).astype(np.float32)
    held = held_out(y, groups, rng)
    assert not set(groups[held]) & set(groups[~held])
    assert not held.any() or (held.mean() < 2 * HELD_OUT and np.unique(y[held]).size == 2)


def test_the_hold_out_is_by_address() -> None:
    X, y = rows()
    address = np.arange(len(y)) // 4
    assert trained(SMALL, X, y, None, address).predict(X).tobytes() != trained(SMALL, X, y).predict(X).tobytes()
    assert NeuralNetTrainer.accepts_groups


def test_training_stops_early_on_the_hold_out() -> None:
    X, _ = rows(300)
    coins = (np.random.default_rng(1).random(300) < 0.5).astype(np.float32)
    calls: list[tuple[str, int, int]] = []
    trainer = NeuralNetTrainer(**SMALL | {"epochs": 200, "patience": 4})
    trainer.progress = lambda *call: calls.append(call)
    trainer.train(X, pd.Series(coins))
    assert calls[0] == ("epochs", 1, 200) and calls[-1] == ("epochs", 200, 200) and len(calls) < 100
    assert trainer.predict(X).std() < 0.25, "the weights kept are from before the network memorised the coin flips"


def test_an_interrupt_ends_training_and_leaves_no_model() -> None:
    def interrupt(name: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    trainer = NeuralNetTrainer(**SMALL)
    trainer.progress = interrupt
    with pytest.raises(KeyboardInterrupt):
        trainer.train(*rows())
    with pytest.raises(ValueError, match="not trained"):
        trainer.predict(rows()[0])


# ---- options --------------------------------------------------------------------------------------------------------


def test_the_guides_constructor_gives_the_guides_network() -> None:
    X, y = rows()
    trainer = NeuralNetTrainer([24, 12], learning_rate=0.01, epochs=3, batch_size=16)
    net = trainer.train(X, y)
    kinds = [type(layer).__name__ for layer in net]
    assert kinds == ["Linear", "ReLU", "BatchNorm1d", "Dropout"] * 2 + ["Linear"]
    assert [(layer.in_features, layer.out_features) for layer in net if hasattr(layer, "in_features")] == [
        (6, 24),
        (24, 12),
        (12, 1),
    ]
    assert net[3].p == 0.3
    assert NeuralNetTrainer(hidden_layers=[256, 128, 64], learning_rate=0.001, epochs=100).options()["hidden_layers"] == [
        256,
        128,
        64,
    ]


@pytest.mark.parametrize(
    "options",
    [
        {"hidden_layers": []}, {"hidden_layers": [0]}, {"hidden_layers": [10**9]}, {"hidden_layers": ["8"]}, {"hidden_layers": [8] * 99},
        {"epochs": 0}, {"epochs": "many"}, {"learning_rate": -1.0}, {"learning_rate": float("nan")}, {"batch_size": 1}, {"depth": 10**9},
        {"width": 2.5}, {"ensemble_size": True}, {"dropout": 1.0}, {"bins": 1}, {"patience": 0}, {"weight_decay": None},
    ],
)  # fmt: skip
def test_an_option_out_of_bounds_is_a_usage_error(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(options))):
        NeuralNetTrainer(**options).train(*rows(20))


def test_a_missing_device_is_a_usage_error_but_its_model_loads(tmp_path: Path) -> None:
    X, y = rows()
    with pytest.raises(UsageError, match="no device 'cuda:77'"):
        NeuralNetTrainer(device="cuda:77").train(X, y)
    with pytest.raises(UsageError, match="no device 'abacus'"):
        NeuralNetTrainer(device="abacus").train(X, y)
    here = trained(SMALL | {"device": "cpu"}, X, y)
    here.save(str(tmp_path / "net.safetensors"))
    there = NeuralNetTrainer(**here.options() | {"device": "cuda:77"})
    there.load(str(tmp_path / "net.safetensors"))
    assert there.predict(X).tobytes() == here.predict(X).tobytes()


@KINDS
def test_a_net_trained_on_a_gpu_repeats_itself_and_predicts_the_same_on_a_cpu(options: dict[str, Any], tmp_path: Path) -> None:
    import torch

    if not torch.cuda.is_available():
        pytest.skip("this machine has no GPU that CUDA can use")
    X, y = rows()
    first, again = (trained(options | {"device": "cuda"}, X, y) for _ in range(2))
    assert first.predict(X).tobytes() == again.predict(X).tobytes()
    first.save(str(tmp_path / "net.safetensors"))
    moved = NeuralNetTrainer(**first.options() | {"device": "cpu"})
    moved.load(str(tmp_path / "net.safetensors"))
    np.testing.assert_allclose(moved.predict(X), first.predict(X), atol=1e-5)


def test_the_search_space_is_of_options_within_bounds() -> None:
    accepted = inspect.signature(NeuralNetTrainer).parameters
    assert set(NeuralNetTrainer.search_space) <= set(accepted)
    X, y = rows(60)
    for end in ("low", "high"):
        options = {name: space[end] for name, space in NeuralNetTrainer.search_space.items()}
        assert np.isfinite(trained(options | {"epochs": 1}, X, y).predict(X)).all()


@KINDS
def test_mixed_precision_learns_the_same_but_for_rounding(options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from trainer.models.neural_net import fitting

    X, y = rows()
    monkeypatch.setattr(fitting, "is_mixed", lambda device: False)
    full = trained(options, X, y).predict(X)
    monkeypatch.setattr(fitting, "is_mixed", lambda device: True)
    mixed = trained(options, X, y).predict(X)
    assert mixed.dtype == np.float32 and mixed.tobytes() != full.tobytes()
    assert np.abs(mixed - full).mean() < 0.05


def test_other_columns_than_trained_on_are_refused() -> None:
    X, y = rows()
    with pytest.raises(UsageError, match="5 columns, and X has 4"):
        trained(SMALL, X, y).predict(X.iloc[:, :4])


def test_an_untrained_network_neither_predicts_nor_saves() -> None:
    with pytest.raises(ValueError, match="not trained"):
        NeuralNetTrainer().predict(rows()[0])
    with pytest.raises(ValueError, match="no model"):
        NeuralNetTrainer().save("x")


def test_importing_the_class_does_not_import_torch() -> None:
    program = "import sys; from trainer import NeuralNetTrainer; NeuralNetTrainer().options(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# ---- scaling --------------------------------------------------------------------------------------------------------


@given(hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12)))
def test_scores_are_finite_and_keep_the_order(X: np.ndarray) -> None:
    scaling = InputScaling.fit(X, np.random.default_rng(0))
    scores, flags = scaling.transform(X)
    assert scores.dtype == np.float32 and np.isfinite(scores).all() and np.isin(flags, (0, 1)).all()
    for row, column in enumerate(scaling.scored):
        known = ~np.isnan(X[:, column])
        assert (np.diff(scores[known, row][np.argsort(X[known, column], kind="stable")]) >= 0).all()
        assert (scores[~known, row] == 0).all()
    again = InputScaling.from_arrays(scaling.arrays())
    assert again.transform(X)[0].tobytes() == scores.tobytes()


def test_scores_are_normal_whatever_the_scale_and_ties_share_one() -> None:
    from scipy.stats import norm

    values = np.exp(5 * np.random.default_rng(0).normal(size=5000)).astype(np.float32)
    counts = np.repeat([0, 0, 0, 7], 1250).astype(np.float32)
    scaling = InputScaling.fit(np.column_stack([values, counts]), np.random.default_rng(0))
    scores, flags = scaling.transform(np.column_stack([values, counts]))
    assert abs(scores[:, 0].mean()) < 0.01 and abs(scores[:, 0].std() - 1) < 0.01 and flags.shape == (5000, 0)
    assert np.unique(scores[:, 1]).tolist() == pytest.approx([norm.ppf(0.375), norm.ppf(0.875)])
    beyond = scaling.transform(np.array([[np.inf, 1e30], [-np.inf, -1e30]], dtype=np.float32))[0]
    assert beyond[0].tolist() == [scores[:, 0].max(), scores[:, 1].max()]
    assert beyond[1].tolist() == [scores[:, 0].min(), scores[:, 1].min()]


# ---- crafted files --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file of each kind of network."""
    folder = tmp_path_factory.mktemp("nets")
    for name, options in (("tabm", SMALL), ("plain", PLAIN)):
        trained(options | {"epochs": 1}, *rows(100)).save(str(folder / f"{name}.safetensors"))
    return folder


def refuses(path: Path, options: dict[str, Any], reason: str) -> None:
    trainer = NeuralNetTrainer(**options)
    with pytest.raises(ArtifactError, match=reason) as caught:
        trainer.load(str(path))
    assert str(path) in str(caught.value) and trainer.model is None


class _Trap:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (f"{os.environ['TRAP']}",)


def test_bytes_that_are_not_a_network_are_refused_and_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setenv("TRAP", str(tmp_path / "sprung"))
    path = tmp_path / "net.safetensors"
    refuses(path, SMALL, "not a safetensors file")
    huge = struct.pack("<Q", 2**62) + b"{}"
    lying = _header({"a": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}})
    for raw in (b"", b"{}", b"\x00" * 64, os.urandom(512), pickle.dumps(_Trap()), huge, lying, lying + bytes(16)):
        path.write_bytes(raw)
        refuses(path, SMALL, "not a safetensors file|format")
    torch.save({"net": _Trap()}, path)
    refuses(path, SMALL, "not a safetensors file")
    assert not (tmp_path / "sprung").exists()


def _header(content: dict[str, Any]) -> bytes:
    raw = json.dumps(content).encode()
    return struct.pack("<Q", len(raw)) + raw


@pytest.mark.parametrize("name", ["tabm", "plain"])
def test_a_truncated_or_extended_file_is_refused(saved: Path, tmp_path: Path, name: str) -> None:
    raw = (saved / f"{name}.safetensors").read_bytes()
    path = tmp_path / "net.safetensors"
    for part in (*(raw[:size] for size in range(0, len(raw), max(1, len(raw) // 20))), raw[:-1], raw + b"\x00"):
        path.write_bytes(part)
        refuses(path, SMALL if name == "tabm" else PLAIN, "not a safetensors file")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (PLAIN, "shape"), (SMALL | {"width": 4096}, "shape"), (SMALL | {"depth": 3}, "shape"), (SMALL | {"ensemble_size": 3}, "shape"),
        (SMALL | {"bins": 256}, "shape"), (SMALL | {"embedding_size": 256}, "shape"), (SMALL | {"depth": 10**12}, "depth"),
        (PLAIN | {"hidden_layers": [16_384] * 16}, "shape"), (SMALL | {"width": 10**12}, "width"), (SMALL | {"width": "wide"}, "width"),
    ],
)  # fmt: skip
def test_options_of_another_network_are_refused(saved: Path, options: dict[str, Any], reason: str) -> None:
    refuses(saved / "tabm.safetensors", options, reason)


def changed(path: Path, target: Path, changes: dict[str, Any], metadata: dict[str, str] | None = None) -> Path:
    """Write a copy of a network's file with some arrays replaced, added, or, if None, left out."""
    from safetensors.numpy import load_file, save_file

    arrays = load_file(path) | changes
    kept = {name: np.array(array, order="C") for name, array in arrays.items() if array is not None}
    save_file(kept, target, metadata={"format": "trainer.neural_net/1"} if metadata is None else metadata)
    return target


def test_inconsistent_arrays_are_refused(saved: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    source, target = saved / "tabm.safetensors", tmp_path / "net.safetensors"
    arrays = load_file(source)
    NeuralNetTrainer(**SMALL).load(str(changed(source, target, {})))
    refuses(changed(source, target, {}, {}), SMALL, "format")
    refuses(changed(source, target, {}, {"format": "trainer.neural_net/2"}), SMALL, "format")
    refuses(changed(source, target, {"scaling.more": np.zeros(1)}), SMALL, "scaling.more")
    for name, array in arrays.items():
        refuses(changed(source, target, {name: None}), SMALL, "is not a network that can be loaded")
        refuses(changed(source, target, {name: array[..., :-1]}), SMALL, "is not a network that can be loaded")
        refuses(changed(source, target, {name: array[None]}), SMALL, "is not a network that can be loaded")
        refuses(changed(source, target, {name: array.astype(np.uint8)}), SMALL, "is not a network that can be loaded")
        refuses(changed(source, target, {name: array.astype(np.float16)}), SMALL, "is not a network that can be loaded")
        refuses(
            changed(source, target, {name: np.zeros((0, 2**40), dtype=array.dtype)}), SMALL, "is not a network that can be loaded"
        )
        if array.dtype.kind == "f" and array.size:
            refuses(changed(source, target, {name: np.full_like(array, np.nan)}), SMALL, "is not a network that can be loaded")
    refuses(changed(source, target, {"net.more": np.zeros(3, dtype=np.float32)}), SMALL, "net.more|more does not")


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("scaling.n_columns", [3], "column number is out of range"),
        ("scaling.n_columns", [-1], "column number is out of range"),
        ("scaling.scored", [0, 1, 2, 3, 99], "column number is out of range"),
        ("scaling.scored", [0, 1, 2, 2, 3], "do not match its columns"),
        ("scaling.scored", [-1, 1, 2, 3, 4], "column number is out of range"),
        ("scaling.counts", [85, 85, 85, 85, 10**9], "number of quantiles is out of range"),
        ("scaling.counts", [1, 85, 85, 85, 60], "number of quantiles is out of range"),
        ("scaling.flagged", [7], "column number is out of range"),
    ],
)
def test_an_inconsistent_scaling_is_refused(saved: Path, tmp_path: Path, name: str, value: list[int], reason: str) -> None:
    path = changed(saved / "tabm.safetensors", tmp_path / "net.safetensors", {name: np.array(value, dtype=np.int64)})
    refuses(path, SMALL, reason)


def test_quantiles_that_do_not_ascend_and_negative_variances_are_refused(saved: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    target = tmp_path / "net.safetensors"
    arrays = load_file(saved / "tabm.safetensors")
    backwards = arrays["scaling.values"][:, ::-1]
    refuses(changed(saved / "tabm.safetensors", target, {"scaling.values": backwards}), SMALL, "do not ascend")
    scores = arrays["scaling.scores"]
    for changed_scores, reason in (
        (np.zeros_like(scores), "do not ascend"),
        (scores * 1e-300, "single score"),
        (scores * 1e300, "beyond ±10"),
    ):
        refuses(changed(saved / "tabm.safetensors", target, {"scaling.scores": changed_scores}), SMALL, reason)
    variance = load_file(saved / "plain.safetensors")["net.2.running_var"]
    refuses(changed(saved / "plain.safetensors", target, {"net.2.running_var": -variance}), PLAIN, "variance")
