"""The ways the trainer fails, one exit code per branch of the tree.

Every message is one sentence that says what is wrong, where, and what to do about it.
"""

from __future__ import annotations


class TrainerError(Exception):
    """Base of every expected failure; `exit_code` is what the command line returns for it."""

    exit_code = 1


class UsageError(TrainerError):
    """The call itself is wrong: an unknown name, options that exclude each other."""

    exit_code = 2


class BadInputError(TrainerError):
    """A file, a column or a value handed in cannot be used; nothing of it was loaded."""

    exit_code = 3


class WarehouseError(TrainerError):
    """The warehouse cannot be reached, refuses the credentials, or is held by another process."""

    exit_code = 4


class NotEnoughLabelsError(TrainerError):
    """There is too little labelled data to train or grade honestly."""

    exit_code = 5


class ArtifactError(TrainerError):
    """A saved model is incomplete, altered, or of a format this version cannot read."""

    exit_code = 6
