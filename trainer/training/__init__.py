"""The verbs: fit, tune, predict, derive votes."""
