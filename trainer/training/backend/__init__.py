"""Where models are fitted: in this process, or by the workers of a Dask cluster together."""

from __future__ import annotations

from trainer.training.backend.base import BACKENDS, IN_PROCESS, LOCAL, Backend, InProcess, check_backend, open_backend, row_groups

__all__ = ["BACKENDS", "IN_PROCESS", "LOCAL", "Backend", "InProcess", "check_backend", "open_backend", "row_groups"]
