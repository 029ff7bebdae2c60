"""Errors that a user can mend; the command line prints them on one line."""

from __future__ import annotations

import reprlib
from typing import Any, ClassVar

_brief = reprlib.Repr()
_brief.maxstring = _brief.maxother = 60


def shown(value: Any) -> str:
    """Return a value as an error names it: short, whatever it is."""
    return _brief.repr(value)


class SpilloverError(Exception):
    """Base of all errors below.

    Attributes
    ----------
    exit_status : int
        What the command line ends with.
    """

    exit_status: ClassVar[int] = 2


class InputError(SpilloverError):
    """Input that cannot be read or does not have the form it must have."""


class RowError(InputError):
    """One row that is not as it must be; the rows after it can be read.

    Parameters
    ----------
    kind : str
        What its like are counted as, such as ``not JSON``.
    where : str
        The file and the line or row.
    reason : str
        What is wrong with it.
    """

    def __init__(self, kind: str, where: str, reason: str) -> None:
        super().__init__(kind, where, reason)  # all three, so that it can be pickled
        self.kind = kind
        self.where = where
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


class ModelError(SpilloverError):
    """A model folder that is damaged, foreign or of another format."""


class WorkerError(SpilloverError):
    """A process that worked for this one and is gone."""

    exit_status = 1

    def __init__(self) -> None:
        super().__init__("a worker process died: was it killed, or is memory short?")
