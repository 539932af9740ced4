"""A user's own numeric features: read, checked and stored."""
