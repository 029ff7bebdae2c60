"""Imports of what comes with an extra of this package only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from spillover.errors import InputError
from spillover.interruptions import importing


@contextmanager
def extra(name: str, command: str) -> Iterator[None]:
    """Say in one line what to install when an import that a command needs is missing."""
    try:
        with importing():
            yield
    except ImportError as error:
        if error.name and error.name.startswith("spillover"):
            raise
        raise InputError(f"spillover {command} needs: pip install 'spillover[{name}]'") from None
