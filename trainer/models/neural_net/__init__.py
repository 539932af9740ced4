"""TabM and the guide's plain network."""
