"""Cells of CSV files that spreadsheets would run as formulas."""

from __future__ import annotations

import re
from typing import Any

LEADING_COLUMNS = ("document", "sentence", "start", "end", "text", "labels")
"""What a table that ``predict`` wrote begins with: by these it is known when it is read again."""

# What makes a spreadsheet take a cell for a formula; behind apostrophes, which one more keeps apart
# from the one that is put before such a cell.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


def tame(cell: Any) -> Any:
    """Return a cell with an apostrophe before it if a spreadsheet would run it as a formula."""
    if isinstance(cell, str) and _FORMULA.match(cell) and not _NUMBER.fullmatch(cell):
        return "'" + cell
    return cell


def untamed(cell: str) -> str:
    """Return what `tame` was given."""
    rest = cell.removeprefix("'")
    return rest if rest != cell and tame(rest) == cell else cell
