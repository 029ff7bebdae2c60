"""When a document was published: from a column, its first words or its file's name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from pathlib import PurePath
from typing import Any

from spillover.errors import InputError, shown
from spillover.readings import Reading
from spillover.sentences import Sentence

COLUMNS = ("date", "published", "published_at", "pub_date", "pubdate", "datetime", "timestamp")
"""Columns that are looked for, in this order, when none is named."""

_LEADING = re.compile(r"\s*date:?\s+(\d{4}-\d\d-\d\d)\b", re.IGNORECASE)
_IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_.]?)([01]\d)\2([0-3]\d)(?!\d)")


def date_of(reading: Reading, column: str | None = None) -> date:
    """Return the day of a document, as it is written there: no time zone is converted.

    It is looked for in the column; without one, in the first of `COLUMNS` that has a value, in a
    leading ``date 2023-11-08``, and in the file's name (``2023-11-08``, ``20231108``).

    Parameters
    ----------
    reading : Reading
        The document.
    column : str, optional
        The column that holds the date: ISO 8601, or as RFC 2822 and feeds write it.

    Raises
    ------
    InputError
        If there is no date, or what stands there is none.
    """
    if column is not None and column not in reading.source:
        raise InputError(
            f"{reading.name}: no column {column!r} for the date "
            f"(there are {', '.join(map(str, reading.source)) or 'none'})"
        )
    for name in COLUMNS if column is None else (column,):
        value = reading.source.get(name)
        if column is not None or value not in (None, ""):
            return _parsed(reading, name, value)
    first = reading.sentences[0].text if reading.sentences else ""
    for written in (_LEADING.match(first), _IN_NAME.search(PurePath(reading.name).name)):
        if written:
            text = written[1] if written.re is _LEADING else "-".join(written.group(1, 3, 4))
            return _parsed(reading, "date", text)
    raise InputError(
        f"{reading.name}: no date; name its column with --date-column, or write it into the "
        "file's name or before the text, as in: date 2023-11-08"
    )


def without_dateline(sentences: Sequence[Sentence]) -> Sequence[Sentence]:
    """Return sentences but for a first that is nothing but a ``date 2023-11-08``."""
    if sentences and _LEADING.fullmatch(sentences[0].text.removesuffix(".")):
        return sentences[1:]
    return sentences


def _parsed(reading: Reading, name: str, value: Any) -> date:
    if isinstance(value, date):  # from Parquet; a datetime is a date too
        return value.date() if isinstance(value, datetime) else value
    try:
        return datetime.fromisoformat(value.strip()).date()
    except (AttributeError, ValueError):
        pass
    try:
        return parsedate_to_datetime(value).date()
    except (AttributeError, IndexError, TypeError, ValueError):
        raise InputError(
            f"{reading.name}: {name!r} must be a date such as 2023-11-08, got {shown(value)}"
        ) from None
