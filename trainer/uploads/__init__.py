"""Reads and checks a user's file safely: what label lists and custom features have in common."""
