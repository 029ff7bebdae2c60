"""Signals over time: shares and numbers of sentences, the escalation index, its unusual rises.

The formulas, their reasons and the rule for a rise are in ``docs/timeline.md``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from heapq import nlargest
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spillover.dates import without_dateline
from spillover.errors import InputError
from spillover.readings import Reading
from spillover.sentences import Sentence

Floats = npt.NDArray[np.float64]

EVERY = ("day", "week", "month")
ESCALATING = ("military_strike", "casualty_report", "spillover_risk")
"""What the escalation index adds up unless other labels are named."""

RESAMPLES = 1000
TRAILING = {"day": 28, "week": 12, "month": 12}
"""How many periods before one are what is usual for it."""

LEAST_TRAILING = 7
LEAST_DOCUMENTS = 2
RISE_Z = 3.5
LEAST_SCALE = 2.0
_SHOWN = 3
_CELLS = 4_000_000


class Band(NamedTuple):
    """A figure with its 95 % interval; the ends are NaN where documents are too few for one."""

    value: float
    low: float
    high: float


class Told(NamedTuple):
    """A sentence that speaks for the figures of its period.

    Attributes
    ----------
    escalation : float
        The sum of its probabilities of the escalating labels.
    document : str
        The document's name.
    sentence : Sentence
        The sentence.
    """

    escalation: float
    document: str
    sentence: Sentence


@dataclass(frozen=True, kw_only=True)
class Period:
    """What a day, week or month brought.

    Attributes
    ----------
    start : date
        Its first day.
    n_documents, n_sentences : int
        What was read of it; all figures are NaN where there is nothing.
    numbers : Mapping of str to int
        Sentences that carry each label.
    shares : Mapping of str to Band
        The same as a share of the sentences.
    expected : Mapping of str to Band
        By label, the mean over documents of the mean probability of their sentences, times 100.
    index : Band or None
        The escalation index: the sum of `expected` over the escalating labels.
    usual : float
        The median of the index over the trailing periods; NaN if they are too few.
    rise : bool
        Whether the index is unusually high.
    told : tuple of Told
        The sentences that add most to the index.
    """

    start: date
    n_documents: int
    n_sentences: int
    numbers: Mapping[str, int]
    shares: Mapping[str, Band]
    expected: Mapping[str, Band]
    index: Band | None
    usual: float = math.nan
    rise: bool = False
    told: tuple[Told, ...] = ()


@dataclass(frozen=True)
class Timeline:
    """Signals over time.

    Attributes
    ----------
    every : str
        ``day``, ``week`` (from Monday) or ``month``.
    labels : tuple of str
        All labels.
    escalating : tuple of str
        Those that the index adds up; none if the model has none of them.
    periods : tuple of Period
        From the first with a document to the last, none left out.
    """

    every: str
    labels: tuple[str, ...]
    escalating: tuple[str, ...]
    periods: tuple[Period, ...]


@dataclass
class _Gathered:
    """What is kept of the documents of a period: a row of each array a document."""

    n_sentences: list[int] = field(default_factory=list)
    numbers: list[list[int]] = field(default_factory=list)
    expected: list[list[float]] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)

    def add(
        self,
        name: str,
        sentences: Sequence[Sentence],
        labels: Sequence[str],
        escalating: Sequence[str],
    ) -> None:
        self.n_sentences.append(len(sentences))
        self.numbers.append([sum(label in each.labels for each in sentences) for label in labels])
        self.expected.append(
            [
                100 * math.fsum(s.scores[label] for s in sentences) / len(sentences)
                for label in labels
            ]
        )
        told = [
            Told(math.fsum(each.scores[label] for label in escalating), name, each)
            for each in sentences
            if set(each.labels) & set(escalating)
        ]
        self.told = nlargest(_SHOWN, self.told + told, key=lambda each: each.escalation)


def timeline(
    dated: Iterable[tuple[date, Reading]],
    labels: tuple[str, ...],
    *,
    every: str = "day",
    escalating: tuple[str, ...] = (),
) -> Timeline:
    """Follow the signals of documents over time.

    Parameters
    ----------
    dated : iterable of (date, Reading)
        Documents in any order; one without a sentence counts for nothing.
    labels : tuple of str
        The labels that they are scored for.
    every : str
        One of `EVERY`.
    escalating : tuple of str
        The labels that the index adds up; by default those of `ESCALATING` that there are.

    Returns
    -------
    Timeline
        The same at every run.

    Raises
    ------
    InputError
        If `every` or a label is unknown.
    """
    if every not in EVERY:
        raise InputError(f"--every must be one of {', '.join(EVERY)}, got {every!r}")
    for label in escalating:
        if label not in labels:
            raise InputError(f"--index: no label {label!r} (there are {', '.join(labels)})")
    escalating = escalating or tuple(label for label in ESCALATING if label in labels)
    gathered: dict[date, _Gathered] = {}
    for day, reading in dated:
        if sentences := without_dateline(reading.sentences):
            found = gathered.setdefault(period_of(day, every), _Gathered())
            found.add(reading.name, sentences, labels, escalating)
    starts = _between(min(gathered), max(gathered), every) if gathered else []
    periods = [
        _period(start, gathered.get(start, _Gathered()), labels, escalating) for start in starts
    ]
    return Timeline(every, labels, escalating, tuple(_with_rises(periods, TRAILING[every])))


def period_of(day: date, every: str) -> date:
    """Return the first day of the day's period; weeks begin on Monday."""
    if every == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if every == "month" else day


def _between(first: date, last: date, every: str) -> list[date]:
    # 32 days after the first of a month is in the next.
    step = timedelta(days={"day": 1, "week": 7, "month": 32}[every])
    starts = [first]
    while starts[-1] < last:
        starts.append(period_of(starts[-1] + step, every))
    return starts


def _period(
    start: date, found: _Gathered, labels: tuple[str, ...], escalating: tuple[str, ...]
) -> Period:
    n_documents = len(found.n_sentences)
    sizes = np.array(found.n_sentences, float)
    numbers = np.array(found.numbers, float).reshape(n_documents, len(labels))
    expected = np.array(found.expected, float).reshape(n_documents, len(labels))
    summed = expected[:, [labels.index(label) for label in escalating]].sum(axis=1)
    # One draw of the documents for all figures of a period, the same whatever the other periods.
    totals = _resampled_sums(
        np.column_stack([sizes, numbers, expected, summed, np.ones(n_documents)]),
        np.random.default_rng([0, start.toordinal()]),
    )
    with np.errstate(invalid="ignore"):
        shares = totals[:, 1 : 1 + len(labels)] / totals[:, :1]
        means = totals[:, 1 + len(labels) : -1] / totals[:, -1:]
    bands = [_band(column, n_documents) for column in means.T]
    return Period(
        start=start,
        n_documents=n_documents,
        n_sentences=sum(found.n_sentences),
        numbers=dict(zip(labels, map(int, numbers.sum(axis=0)), strict=True)),
        shares={
            label: _band(column, n_documents)
            for label, column in zip(labels, shares.T, strict=True)
        },
        expected=dict(zip(labels, bands, strict=False)),
        index=bands[-1] if escalating else None,
        told=tuple(found.told),
    )


def _resampled_sums(rows: Floats, generator: np.random.Generator) -> Floats:
    """Return the column sums of rows, and below them those of rows drawn with replacement.

    Returns
    -------
    float64 array (1 + RESAMPLES, n_columns)
    """
    sums = [rows.sum(axis=0, keepdims=True)]
    at_once = max(1, _CELLS // max(1, len(rows)))
    for done in range(0, RESAMPLES if len(rows) else 0, at_once):
        drawn = generator.multinomial(
            len(rows), np.full(len(rows), 1 / len(rows)), min(at_once, RESAMPLES - done)
        )
        sums.append(drawn @ rows)
    return np.concatenate(sums)


def _band(resamples: Floats, n_documents: int) -> Band:
    value = float(resamples[0]) if n_documents else math.nan
    if n_documents < LEAST_DOCUMENTS:
        return Band(value, math.nan, math.nan)
    low, high = np.percentile(resamples[1:], (2.5, 97.5))
    return Band(value, float(low), float(high))


def _with_rises(periods: Sequence[Period], trailing: int) -> Iterable[Period]:
    """Mark the periods whose index is unusually high."""
    bands = [period.index for period in periods]
    for at, (period, band) in enumerate(zip(periods, bands, strict=True)):
        if band is None:
            yield period
            continue
        before = [each.value for each in bands[max(0, at - trailing) : at] if each is not None]
        usual, scale = usual_and_scale([value for value in before if not math.isnan(value)])
        # A band is there from `LEAST_DOCUMENTS` on; comparing with NaN is false.
        rise = band.low > usual and (band.value - usual) / scale > RISE_Z
        yield replace(period, usual=usual, rise=rise)


def usual_and_scale(before: Sequence[float]) -> tuple[float, float]:
    """Return the median of the trailing values and their robust standard deviation.

    The deviation is 1.4826 times the median absolute deviation, and at least `LEAST_SCALE`
    (Iglewicz and Hoaglin 1993, "How to detect and handle outliers", where 3.5 of them mark an
    outlier). Both are NaN for fewer than `LEAST_TRAILING` values.
    """
    if len(before) < LEAST_TRAILING:
        return math.nan, math.nan
    usual = float(np.median(before))
    deviation = float(np.median(np.abs(np.array(before) - usual)))
    return usual, max(1.4826 * deviation, LEAST_SCALE)
