"""Says what is installed and in use, and whether each part of it works: `trainer doctor`."""

from trainer.doctor.check import Check, Status
from trainer.doctor.examine import examine, exit_code

__all__ = ["Check", "Status", "examine", "exit_code"]
