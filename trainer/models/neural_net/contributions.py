"""Contributions of a network: gradients integrated along the way from rows of the background to the explained row.

Integrated gradients: Sundararajan, Taly and Yan (2017); averaged over rows of the background: expected gradients, Erion et al.
(2021). The way is straight in what the network reads: embedded normal scores and flags of missing values. The integral is
exact up to the quadrature, whose remainder `Contributions.error` states.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from trainer.models.contributions import LOG_ODDS, Contributions
from trainer.models.neural_net.network import Fitted

BACKGROUND = 16  # rows that a row is compared with, drawn once
NODES = 8  # of the Gauss-Legendre quadrature on each way
ROWS = 512  # explained at once


def integrated(fitted: Fitted, X: np.ndarray, background: np.ndarray, device: torch.device, seed: int = 0) -> Contributions:
    """Return the contributions of X float32 (n, d) to the log-odds of the network's probability."""
    rng = np.random.default_rng(seed)
    drawn = background[np.sort(rng.choice(len(background), min(BACKGROUND, len(background)), replace=False))]
    net = fitted.net.to(device).eval()
    for parameter in net.parameters():
        parameter.requires_grad_(False)
    starts, owners = _inputs(fitted, drawn, device)
    values, raw = np.zeros((len(X), X.shape[1])), np.zeros(len(X))
    for first in range(0, len(X), ROWS):
        part = slice(first, first + ROWS)
        ends, _ = _inputs(fitted, X[part], device)
        moved = _along(net, starts, ends).double().cpu().numpy()
        known = owners >= 0
        np.add.at(values[part].T, owners[known], moved.T[known])
        with torch.inference_mode():
            raw[part] = _log_odds(net, ends).double().cpu().numpy()
    with torch.inference_mode():
        base = float(_log_odds(net, starts).double().mean())
    method = f"Integrated gradients from {len(drawn)} rows of the snapshot, averaged, with {NODES} steps each."
    return Contributions.of(values, base, raw, LOG_ODDS, method)


def _along(net: nn.Module, starts: Tensor, ends: Tensor) -> Tensor:
    """Return the integral (n, D) of gradient × step from each start (m, D) to each end (n, D), averaged over the starts."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    total = torch.zeros_like(ends)
    for start in starts:
        step = ends - start
        for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
            point = (start + float(node) * step).requires_grad_(True)
            (gradient,) = torch.autograd.grad(_log_odds(net, point).sum(), point)
            total += float(weight) * gradient * step
    return total / len(starts)


def _inputs(fitted: Fitted, X: np.ndarray, device: torch.device) -> tuple[Tensor, np.ndarray]:
    """Return what the network's first layer reads (n, D), and the column of X (D,) that each of it comes from, -1 for none."""
    scaling, net = fitted.scaling, fitted.net
    scores, flags = (torch.from_numpy(array).to(device) for array in scaling.transform(X))
    flags, flagged = flags.long(), scaling.flagged
    if not scores.shape[1] and not flags.shape[1]:
        flags, flagged = flags.new_zeros((len(flags), 1)), np.array([-1])
    parts: list[Tensor] = []
    owners: list[np.ndarray] = []
    for columns, tensor, module in ((scaling.scored, scores, "num_module"), (flagged, flags, "cat_module")):
        if tensor.shape[1]:
            with torch.no_grad():
                parts.append(_read(net, module, tensor))
            owners.append(np.repeat(columns, parts[-1].shape[1] // len(columns)))
    return torch.cat(parts, dim=1), np.concatenate(owners)


def _read(net: Any, module: str, tensor: Tensor) -> Tensor:
    """Return a part of the input as the first layer reads it: float (n, D)."""
    embedding = None if isinstance(net, nn.Sequential) else getattr(net, module)
    read: Tensor = tensor if embedding is None else embedding(tensor)
    return read.flatten(1).float()


def _log_odds(net: Any, inputs: Tensor) -> Tensor:
    """Return the log-odds (n,) of the mean probability of the network's members, without overflow."""
    logits = net(inputs) if isinstance(net, nn.Sequential) else net.output(net.backbone(net.ensemble_view(inputs))).squeeze(-1)
    sides = (nn.functional.logsigmoid(sign * logits).logsumexp(dim=1) for sign in (1, -1))
    risky, benign = sides
    return risky - benign
