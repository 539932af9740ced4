"""Simulates a seeded transaction network with planted laundering and its ground truth, in the layout of a real export."""

from .network import SimulationSummary, simulate

__all__ = ["SimulationSummary", "simulate"]
