"""The timeline as a table: a row a period."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from typing import IO

from spillover.timeline import Band, Period, Timeline


def write_csv(found: Timeline, stream: IO[str]) -> None:
    """Write a timeline as CSV; a figure that is not there is an empty cell."""
    names = ["start", "documents", "sentences"]
    if found.escalating:
        names += ["index", "index_low", "index_high", "usual", "rise"]
    for label in found.labels:
        names += [f"{label}_{part}" for part in ("number", "share", "low", "high", "expected")]
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(names)
    for period in found.periods:
        writer.writerow(_row(period, found))


def _row(period: Period, found: Timeline) -> list[str]:
    row = [str(period.start), str(period.n_documents), str(period.n_sentences)]
    if period.index is not None:
        row += [*_cells(period.index), _cell(period.usual), str(int(period.rise))]
    for label in found.labels:
        row += [str(period.numbers[label]), *_cells(period.shares[label])]
        row.append(_cell(period.expected[label].value))
    return row


def _cells(band: Band) -> Iterator[str]:
    return map(_cell, band)


def _cell(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"
