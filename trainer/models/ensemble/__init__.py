"""A weighted ensemble of other trainers."""
