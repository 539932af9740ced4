"""Saved models: their files on disk and their rows in `trained_models`."""
