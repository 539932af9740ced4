"""The version, which the build, `trainer.__version__` and `trainer --version` read."""

__version__ = "0.1.0"
