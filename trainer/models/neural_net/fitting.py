"""How the networks of `neural_net` are fitted and asked."""

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
from trainer.models.neural_net.network import logits

CHUNK = 512  # rows asked at a time, always: how a sum is rounded depends on the shape of the matrix
HELD_OUT, MIN_SHARE = 0.15, 0.05
ENOUGH = 1000  # addresses to judge by, beyond which training is the better use for them
MIN_HELD_OUT = 5  # addresses of each class; with fewer, a held-out part says nothing
MAX_NORM = 1.0


@dataclass(frozen=True)
class Plan:
    """How a network is fitted."""

    learning_rate: float
    weight_decay: float
    epochs: int
    batch_size: int
    patience: int
    averaging: float
    device: torch.device


@dataclass(frozen=True)
class Rows:
    """Scores float32 (n, c), flags int64 (n, m), labels and weights float32 (n,)."""

    scores: Tensor
    flags: Tensor
    y: Tensor
    weight: Tensor

    def __len__(self) -> int:
        return len(self.y)

    @classmethod
    def of(cls, *arrays: np.ndarray) -> Rows:
        """Return the rows of four arrays."""
        return cls(*(torch.from_numpy(np.require(array, requirements=["C", "W"])) for array in arrays))

    def take(self, index: Tensor) -> Rows:
        """Return the rows with these numbers, or where this is true."""
        return Rows(self.scores[index], self.flags[index], self.y[index], self.weight[index])

    def to(self, device: torch.device) -> Rows:
        """Return the rows on a device."""
        return Rows(self.scores.to(device), self.flags.to(device), self.y.to(device), self.weight.to(device))


def device_named(name: str, or_cpu: bool = False) -> torch.device:
    """Return the device `name`; `auto` is CUDA where there is a GPU.

    Args:
        or_cpu: take the CPU where the device is not there, as for a model that was trained on another machine.

    Raises:
        UsageError: there is no such device here.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).add(1).item()
    except (RuntimeError, AssertionError, NotImplementedError, TypeError) as error:
        if or_cpu:
            return torch.device("cpu")
        raise UsageError(f"There is no device '{name}' here; leave `device` out, or name cpu.") from error
    return device


def is_mixed(device: torch.device) -> bool:
    """Return whether products are taken in bfloat16 while fitting; weights, sums and predictions are float32 everywhere."""
    return device.type == "cuda" and torch.cuda.is_bf16_supported()


def held_out(y: np.ndarray, groups: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return which rows bool (n,) are held out to judge the others by: whole groups, a share of each class's.

    None are where a class has too few groups.
    """
    members, inverse = np.unique(groups, return_inverse=True)
    risky = np.zeros(members.size, dtype=bool)
    risky[inverse[y >= 0.5]] = True
    chosen = np.zeros(members.size, dtype=bool)
    share = min(HELD_OUT, max(MIN_SHARE, ENOUGH / members.size))
    for label in (False, True):
        of_class = np.flatnonzero(risky == label)
        size = round(of_class.size * share)
        if size < MIN_HELD_OUT:
            return np.zeros(len(y), dtype=bool)
        chosen[rng.permutation(of_class)[:size]] = True
    return chosen[inverse]


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Draw from `seed` within, and leave the generators of the process as they were."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def fit(net: nn.Module, train: Rows, validation: Rows, plan: Plan, report: Callable[[int, int], None]) -> None:
    """Fit `net` in place, and leave it with the averaged weights of the epoch that did best on `validation`, or of the last.

    The loss is the logistic loss of every member on its own, weighted by rows; what is judged, and kept, is an exponential moving
    average of the weights (Polyak averaging).
    """
    net.to(plan.device)
    train, validation = train.to(plan.device), validation.to(plan.device)
    averaged = copy.deepcopy(net)
    fused = plan.device.type in {"cpu", "cuda"}  # one pass over the weights instead of one for each operation
    optimizer = torch.optim.AdamW(net.parameters(), lr=plan.learning_rate, weight_decay=plan.weight_decay, fused=fused)
    best_loss, best_epoch, best, steps = math.inf, 0, None, 0
    for epoch in range(1, plan.epochs + 1):
        steps = _epoch(net, train, plan, optimizer, averaged, steps)
        if len(validation):
            loss = _loss(averaged, validation)
            if loss < best_loss:
                best_loss, best_epoch, best = loss, epoch, _copy(averaged)
            elif epoch - best_epoch >= plan.patience:
                break
        report(epoch, plan.epochs)
    report(plan.epochs, plan.epochs)
    net.load_state_dict(best or _copy(averaged))
    net.eval().requires_grad_(False)


def predict(net: nn.Module, scores: np.ndarray, flags: np.ndarray, device: torch.device) -> np.ndarray:
    """Return the mean probability float32 (n,) of the members for scores (n, c) and flags (n, m).

    Rows are asked in parts of one size by one thread, so that a row gets the same answer in whatever company it comes.
    """
    net.to(device).eval()
    proba = np.empty(len(scores), dtype=np.float32)
    with torch.inference_mode(), _single_thread():
        for start in range(0, len(scores), CHUNK):
            part = slice(start, start + CHUNK)
            rows = [_padded(array[part]).to(device) for array in (scores, flags)]
            answer = torch.sigmoid(logits(net, *rows)).mean(dim=1).cpu().numpy()
            proba[part] = answer[: len(scores) - start]
    return proba


def _epoch(net: nn.Module, train: Rows, plan: Plan, optimizer: torch.optim.Optimizer, averaged: nn.Module, steps: int) -> int:
    """Take a step on each batch of the rows, shuffled, and return how many were taken since the start.

    Batches differ by one row at most, so that none has a single one, which could not be normalised.
    """
    net.train()
    order = torch.randperm(len(train)).to(plan.device)
    for index in order.tensor_split(max(1, len(train) // plan.batch_size)):
        batch = train.take(index)
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
    """Move the averaged weights, and what batch norm has seen, towards those of `net`."""
    for mine, its in zip(averaged.state_dict().values(), net.state_dict().values(), strict=True):
        if mine.is_floating_point():
            mine.lerp_(its, 1 - decay)
        else:
            mine.copy_(its)


def _loss(net: nn.Module, rows: Rows) -> float:
    """Return the weighted logistic loss of the mean probability of the members."""
    net.eval()
    with torch.inference_mode():
        parts = zip(rows.scores.split(CHUNK), rows.flags.split(CHUNK), strict=True)
        proba = torch.cat([torch.sigmoid(logits(net, *part)).mean(dim=1) for part in parts])
        losses = binary_cross_entropy(proba, rows.y, reduction="none").double()
        return float((losses * rows.weight).sum() / rows.weight.sum())


def _copy(net: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in net.state_dict().items()}


def _padded(array: np.ndarray) -> Tensor:
    """Return `array` with rows of zeros at its end, CHUNK in all."""
    return torch.from_numpy(np.concatenate([array, np.zeros((CHUNK - len(array), array.shape[1]), dtype=array.dtype)]))


@contextmanager
def _single_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
