"""The networks of `neural_net`, TabM and the guide's plain MLP: how they are built, written and read."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from trainer.errors import ArtifactError
from trainer.models.neural_net.inputs import InputScaling

FORMAT = "trainer.neural_net/1"
MAX_BYTES = 2 * 1024**3
NET = "net."
EMBEDDING = "num_module.linear.weight"


@dataclass(frozen=True)
class Architecture:
    """A plain MLP with these hidden layers, or TabM if `hidden_layers` is None; options as in `NeuralNetTrainer`."""

    hidden_layers: tuple[int, ...] | None
    depth: int
    width: int
    ensemble_size: int
    embedding_size: int
    bins: int
    dropout: float


@dataclass(frozen=True)
class Fitted:
    """A trained network and the scaling of its inputs."""

    scaling: InputScaling
    net: nn.Module


def build(architecture: Architecture, scaling: InputScaling, device: str = "cpu") -> nn.Module:
    """Return an untrained network for these inputs; on the device `meta` only its embedding takes memory."""
    n_columns = scaling.scored.size
    n_flags = max(scaling.flagged.size, int(not n_columns))  # without any input, one flag that is always 0
    if architecture.hidden_layers is not None:
        with torch.device(device):
            return _plain(n_columns + n_flags, architecture.hidden_layers, architecture.dropout)
    from tabm import TabM

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a column of two values has a single bin
        embedding = _embedding(architecture, scaling) if n_columns else None
        with torch.device(device):
            return TabM.make(
                n_num_features=n_columns,
                cat_cardinalities=[2] * n_flags,
                d_out=1,
                num_embeddings=embedding,
                n_blocks=architecture.depth,
                d_block=architecture.width,
                dropout=architecture.dropout,
                k=architecture.ensemble_size,
            )


def logits(net: nn.Module, scores: Tensor, flags: Tensor) -> Tensor:
    """Return the logits (n, k) of the k members of the network for scores (n, c) and flags uint8 (n, m)."""
    if not scores.shape[1] and not flags.shape[1]:
        flags = flags.new_zeros((len(flags), 1))
    if isinstance(net, nn.Sequential):
        return net(torch.cat([scores, flags.to(scores.dtype)], dim=1))
    return net(scores if scores.shape[1] else None, flags.long() if flags.shape[1] else None).squeeze(-1)


def write(path: str, fitted: Fitted) -> None:
    """Write a network and its scaling as safetensors."""
    from safetensors.torch import save_file

    tensors = {name: torch.from_numpy(array) for name, array in fitted.scaling.arrays().items()}
    weights = {NET + name: tensor.detach().cpu().contiguous() for name, tensor in fitted.net.state_dict().items()}
    save_file(tensors | weights, path, metadata={"format": FORMAT})


def read(path: str, architecture: Architecture) -> Fitted:
    """Return the network that `write` wrote to `path`.

    Nothing larger than the file is allocated: every shape is compared before weights are read.

    Raises:
        ArtifactError: the file is not one of `write`, or its network has another architecture.
    """
    from safetensors import SafetensorError, safe_open

    try:
        if Path(path).stat().st_size > MAX_BYTES:
            raise ArtifactError("it is larger than 2 GiB, the limit for a network")
        with safe_open(path, framework="pt") as file:
            if (file.metadata() or {}).get("format") != FORMAT:
                raise ArtifactError(f"its format is not {FORMAT}")
            names = set(file.keys())
            scaling = InputScaling.from_arrays({name: _array(file, name) for name in names if not name.startswith(NET)})
            shapes = {name.removeprefix(NET): file.get_slice(name).get_shape() for name in names if name.startswith(NET)}
            net = _skeleton(architecture, scaling, shapes)
            weights = {name: file.get_tensor(NET + name) for name in shapes}
    except (OSError, SafetensorError) as error:
        raise ArtifactError(f"it is not a safetensors file ({str(error)[:200]})") from error
    expected = net.state_dict()
    for name, tensor in weights.items():
        if tensor.dtype != expected[name].dtype or not bool(torch.isfinite(tensor).all()):
            raise ArtifactError(f"{name} has a number that is not finite, or is not {expected[name].dtype}")
        if name.endswith("running_var") and bool((tensor < 0).any()):
            raise ArtifactError(f"{name} has a variance below zero")
    net.load_state_dict(weights, assign=True)
    return Fitted(scaling, net)


def _skeleton(architecture: Architecture, scaling: InputScaling, shapes: dict[str, list[int]]) -> nn.Module:
    """Return the network without weights, or raise ArtifactError if its weights have other shapes than these."""
    if architecture.hidden_layers is None and scaling.scored.size:
        # Building allocates the embedding, whose bins are values: its size is checked first.
        largest = max(edges.size for edges in _edges(architecture, scaling)) - 1
        if shapes.get(EMBEDDING) != [scaling.scored.size, largest, architecture.embedding_size]:
            raise ArtifactError(f"{EMBEDDING} does not have the shape that the options imply")
    net = build(architecture, scaling, "meta")
    expected = {name: list(tensor.shape) for name, tensor in net.state_dict().items()}
    if different := sorted(name for name in expected.keys() | shapes.keys() if expected.get(name) != shapes.get(name)):
        raise ArtifactError(f"{different[0]} does not have the shape that the options imply")
    return net


def _array(file: Any, name: str) -> np.ndarray:
    """Return an array of the scaling, int64 or float64; numpy lacks some of the types that a file can declare."""
    if file.get_slice(name).get_dtype() not in {"I64", "F64"}:
        raise ArtifactError(f"{name} is neither int64 nor float64")
    array: np.ndarray = file.get_tensor(name).numpy()
    return array


def _plain(n_inputs: int, hidden_layers: tuple[int, ...], dropout: float) -> nn.Module:
    """Return the network of the miner's guide without its last sigmoid, which is part of the loss."""
    layers: list[Any] = []
    for width in hidden_layers:
        layers += [nn.Linear(n_inputs, width), nn.ReLU(), nn.BatchNorm1d(width), nn.Dropout(dropout)]
        n_inputs = width
    return nn.Sequential(*layers, nn.Linear(n_inputs, 1))


def _embedding(architecture: Architecture, scaling: InputScaling) -> nn.Module:
    from rtdl_num_embeddings import PiecewiseLinearEmbeddings

    edges = [torch.from_numpy(one) for one in _edges(architecture, scaling)]
    return PiecewiseLinearEmbeddings(edges, architecture.embedding_size, activation=False, version="B")


def _edges(architecture: Architecture, scaling: InputScaling) -> list[np.ndarray]:
    """Return the edges float32 of each column's linear pieces, at quantiles of its scores.

    Raises:
        ArtifactError: a column has a single score.
    """
    edges = []
    for scores, count in zip(scaling.scores, scaling.counts, strict=True):
        spread = np.linspace(0, count - 1, architecture.bins + 1).round().astype(np.int64)
        edges.append(np.unique(scores[spread].astype(np.float32)))
        if edges[-1].size < 2:
            raise ArtifactError("a column has a single score")
    return edges
