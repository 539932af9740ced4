"""A seeded transaction network with planted laundering and a hidden truth, in the layout of a real export."""

from .network import SimulationSummary, simulate

__all__ = ["SimulationSummary", "simulate"]
