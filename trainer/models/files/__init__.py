"""Model files: other libraries' own, checked before the library reads them, and the formats of the baselines and the ensemble."""
