"""Loads snapshot folders into the raw tables: recognises their shape, conforms their columns, ingests them whole."""
