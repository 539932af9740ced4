"""Reads feature matrices and labels from the warehouse."""
