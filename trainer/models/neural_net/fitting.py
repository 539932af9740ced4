"""How the networks of `neural_net` are fitted, and how they predict."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy, binary_cross_entropy_with_logits

from trainer.errors import UsageError
from trainer.models.in_file import is_in_file
from trainer.models.neural_net.network import logits
from trainer.models.splitting import hold_out

CHUNK = 512  # rows per prediction, always: how a sum is rounded depends on the shape of the matrix
HELD_OUT, MIN_SHARE = 0.15, 0.05  # largest and smallest share of the addresses that is held out
ENOUGH = 1000  # held-out addresses beyond which the rest serves training better
MIN_HELD_OUT = 5  # addresses of each class; with fewer, a hold-out is noise
MAX_NORM = 1.0  # of the gradients


@dataclass(frozen=True)
class Plan:
    """How a network is fitted: options of AdamW, most epochs, rows per step, and patience in epochs.

    `averaging` is the decay of the moving average of the weights per step.
    """

    learning_rate: float
    weight_decay: float
    epochs: int
    batch_size: int
    patience: int
    averaging: float
    device: torch.device


@dataclass(frozen=True)
class Batch:
    """Rows as tensors on one device: scores float32 (n, c), flags uint8 (n, m), labels and weights float32 (n,).

    Attributes:
        in_file: whether the scores are in a file, from which rows are read as they are taken.
    """

    scores: Tensor
    flags: Tensor
    y: Tensor
    weight: Tensor
    in_file: bool = False

    def __len__(self) -> int:
        return len(self.y)

    @classmethod
    def of(cls, *arrays: np.ndarray) -> Batch:
        """Return the batch of scores, flags, labels and weights."""
        scores, flags, y, weight = (torch.from_numpy(np.require(array, requirements=["C", "W"])) for array in arrays)
        return cls(scores, flags, y, weight, is_in_file(arrays[0]))

    def take(self, index: Tensor) -> Batch:
        """Return the rows with these numbers (m,)."""
        return Batch(self.scores[index], self.flags[index], self.y[index], self.weight[index])

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device."""
        return Batch(self.scores.to(device), self.flags.to(device), self.y.to(device), self.weight.to(device))


def device_named(name: str, or_cpu: bool = False) -> torch.device:
    """Return the device `name`; `auto` is CUDA if there is a GPU, else the CPU.

    Args:
        or_cpu: fall back to the CPU if there is no such device, as for a model trained on another machine.

    Raises:
        UsageError: this machine has no such device.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).add(1).item()
    except (RuntimeError, AssertionError, NotImplementedError, TypeError) as error:
        if or_cpu:
            return torch.device("cpu")
        raise UsageError(f"This machine has no device '{name}'; leave the option device out, or set it to cpu.") from error
    return device


def is_mixed(device: torch.device) -> bool:
    """Return whether products are in bfloat16 during training; weights, sums and predictions are always float32."""
    return device.type == "cuda" and torch.cuda.is_bf16_supported()


def held_out(y: np.ndarray, groups: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return which rows bool (n,) are held out to choose the epoch by; none if a class has too few addresses."""
    share = min(HELD_OUT, max(MIN_SHARE, ENOUGH / np.unique(groups).size))
    return hold_out(y, groups, rng, share=share, min_addresses=MIN_HELD_OUT, of="addresses")


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's generators within the block, and restore their state after it."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def fit(net: nn.Module, rows: Batch, held_out: np.ndarray, plan: Plan, report: Callable[[int, int], None]) -> None:
    """Fit `net` in place; it ends with the averaged weights of the epoch with the lowest loss on held-out rows, or of the last.

    The loss is the logistic loss of each member by itself, weighted by rows. What is validated and kept is an exponential moving
    average of the weights (Polyak averaging).

    Args:
        net: the network, as `network.build` returns it.
        rows: all rows, (n,); if they are in a file, only a batch of them is on the device at a time.
        held_out: bool (n,), the rows that are held out; there may be none.
        plan: options of the optimiser and of early stopping.
        report: called with (epochs done, epochs at most).
    """
    net.to(plan.device)
    rows = rows if rows.in_file else rows.to(plan.device)
    home = rows.y.device
    train, validation = (torch.from_numpy(np.flatnonzero(part)).to(home) for part in (~held_out, held_out))
    averaged = copy.deepcopy(net)
    fused = plan.device.type in {"cpu", "cuda"}  # one pass over the weights instead of one for each operation
    optimizer = torch.optim.AdamW(net.parameters(), lr=plan.learning_rate, weight_decay=plan.weight_decay, fused=fused)
    best_loss, best_epoch, best, steps = math.inf, 0, None, 0
    for epoch in range(1, plan.epochs + 1):
        steps = _epoch(net, rows, train, plan, optimizer, averaged, steps)
        if len(validation):
            loss = _loss(averaged, rows, validation, plan.device)
            if loss < best_loss:
                best_loss, best_epoch, best = loss, epoch, _copy(averaged)
            elif epoch - best_epoch >= plan.patience:
                break
        report(epoch, plan.epochs)
    report(plan.epochs, plan.epochs)
    net.load_state_dict(best or _copy(averaged))
    net.eval().requires_grad_(False)


def predict(net: nn.Module, scores: np.ndarray, flags: np.ndarray, device: torch.device) -> np.ndarray:
    """Return the mean probability float32 (n,) of the members for scores float32 (n, c) and flags uint8 (n, m).

    Rows are predicted in chunks of one size by one thread, so that a row's prediction does not depend on the other rows.
    """
    net.to(device).eval()
    proba = np.empty(len(scores), dtype=np.float32)
    with torch.inference_mode(), _single_thread():
        for start in range(0, len(scores), CHUNK):
            part = slice(start, start + CHUNK)
            rows = [_padded(array[part]).to(device) for array in (scores, flags)]
            chunk = torch.sigmoid(logits(net, *rows)).mean(dim=1).cpu().numpy()
            proba[part] = chunk[: len(scores) - start]
    return proba


def _epoch(
    net: nn.Module, rows: Batch, train: Tensor, plan: Plan, optimizer: torch.optim.Optimizer, averaged: nn.Module, steps: int
) -> int:
    """Take a step on each batch of the shuffled rows with numbers `train` (m,), and return the number of steps since the start.

    Sizes of batches differ by at most one row, so that none has a single row, which batch norm could not normalise.
    """
    net.train()
    order = train[torch.randperm(len(train)).to(train.device)]
    for index in order.tensor_split(max(1, len(train) // plan.batch_size)):
        batch = rows.take(index).to(plan.device)
        with torch.autocast(plan.device.type, torch.bfloat16, enabled=is_mixed(plan.device)):
            members = logits(net, batch.scores, batch.flags)
        target = batch.y[:, None].expand_as(members)
        losses = binary_cross_entropy_with_logits(members.float(), target, reduction="none").mean(dim=1)
        optimizer.zero_grad()
        (losses * batch.weight).mean().backward()
        nn.utils.clip_grad_norm_(net.parameters(), MAX_NORM)
        optimizer.step()
        steps += 1
        _average(averaged, net, min(plan.averaging, steps / (steps + 9)))
    return steps


def _average(averaged: nn.Module, net: nn.Module, decay: float) -> None:
    """Move the averaged weights and batch-norm statistics towards those of `net`."""
    for mean, current in zip(averaged.state_dict().values(), net.state_dict().values(), strict=True):
        if mean.is_floating_point():
            mean.lerp_(current, 1 - decay)
        else:
            mean.copy_(current)


def _loss(net: nn.Module, rows: Batch, held: Tensor, device: torch.device) -> float:
    """Return the weighted logistic loss of the members' mean probability on the rows with numbers `held` (m,)."""
    net.eval()
    with torch.inference_mode():
        parts = (rows.take(index).to(device) for index in held.split(CHUNK))
        proba = torch.cat([torch.sigmoid(logits(net, part.scores, part.flags)).mean(dim=1) for part in parts])
        y, weight = rows.y[held].to(device), rows.weight[held].to(device)
        losses = binary_cross_entropy(proba, y, reduction="none").double()
        return float((losses * weight).sum() / weight.sum())


def _copy(net: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in net.state_dict().items()}


def _padded(array: np.ndarray) -> Tensor:
    """Return `array` (n, …) padded with zeros to CHUNK rows."""
    return torch.from_numpy(np.concatenate([array, np.zeros((CHUNK - len(array), array.shape[1]), dtype=array.dtype)]))


@contextmanager
def _single_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
