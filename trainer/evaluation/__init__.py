"""Splits, metrics, ranking metrics and calibration; never sees training rows."""
