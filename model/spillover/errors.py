"""Errors that a user can mend; the command line prints them on one line and exits with 2."""

from __future__ import annotations


class SpilloverError(Exception):
    """Base of all errors below."""


class InputError(SpilloverError):
    """Input that cannot be read or does not have the form it must have."""


class ModelError(SpilloverError):
    """A model folder that is damaged, foreign or of another format."""
