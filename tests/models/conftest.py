"""What the tests of trainers share with the unit tests."""

from tests.unit.conftest import table

__all__ = ["table"]
