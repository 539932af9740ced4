"""Gradient-boosted trees: XGBoost and LightGBM."""
