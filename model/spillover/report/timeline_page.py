"""The timeline as one interactive page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from spillover.report.charts import Chart, Layer, band, ceiling, dots, line
from spillover.report.page import render
from spillover.report.palette import LabelLook, looks
from spillover.timeline import (
    LEAST_DOCUMENTS,
    LEAST_SCALE,
    RISE_Z,
    TRAILING,
    Band,
    Period,
    Timeline,
)

_NONE = Band(math.nan, math.nan, math.nan)
_TICKS = 5


def timeline_page(found: Timeline, model: str) -> str:
    """Return a timeline as one HTML page.

    Parameters
    ----------
    found : Timeline
        What to show.
    model : str
        The version of the model, named in the page.
    """
    by_label = looks(found.labels)
    periods = found.periods
    beside = [look for label, look in by_label.items() if label not in found.escalating]
    span = f", {periods[0].start} to {periods[-1].start}" if periods else ""
    return render(
        "timeline",
        title=f"Signals by {found.every}{span}",
        model=model,
        every=found.every,
        n_documents=sum(period.n_documents for period in periods),
        n_sentences=sum(period.n_sentences for period in periods),
        escalating=[by_label[label] for label in found.escalating],
        beside=beside,
        index=_index_chart(found, by_label) if found.escalating else None,
        panels=[(look, *_panel(found, label, look)) for label, look in by_label.items()],
        rises=[period for period in periods if period.rise],
        looks=by_label,
        periods=periods,
        rule={
            "trailing": TRAILING[found.every],
            "z": RISE_Z,
            "least_documents": LEAST_DOCUMENTS,
            "least_scale": LEAST_SCALE,
        },
        data={
            "every": found.every,
            "periods": [_plain(period, found) for period in periods],
            "labels": [
                {"title": look.title, "sign": look.sign, "css": look.css}
                for look in by_label.values()
            ],
        },
        figure=figure,
        with_band=with_band,
    )


def figure(value: float, digits: int = 1) -> str:
    """Return a number for people; a dash for one that is not there."""
    return "–" if math.isnan(value) else f"{value:.{digits}f}"


def _index_chart(found: Timeline, by_label: dict[str, LabelLook]) -> Chart:
    periods = found.periods
    bands = [period.index or _NONE for period in periods]
    beside = {
        by_label[label]: [period.expected[label].value for period in periods]
        for label in found.labels
        if label not in found.escalating
    }
    xs = _middles(periods)
    top = ceiling([*_bounds(bands), *(value for values in beside.values() for value in values)])
    values = [each.value for each in bands]
    rises = [
        each.value if period.rise else math.nan for period, each in zip(periods, bands, strict=True)
    ]
    layers = [
        Layer("band", band(xs, [each.low for each in bands], [each.high for each in bands], top)),
        Layer("usual", line(xs, [period.usual for period in periods], top)),
        *(Layer(f"line {look.css}", line(xs, them, top)) for look, them in beside.items()),
        *(Layer(f"dots {look.css}", dots(xs, them, top)) for look, them in beside.items()),
        Layer("line", line(xs, values, top)),
        Layer("dots", dots(xs, values, top)),
        Layer("rise", dots(xs, rises, top)),
    ]
    return Chart(
        told=f"Escalation index by {found.every}; all figures are in the table below.",
        width=len(periods),
        x_ticks=_dates(periods),
        y_ticks=_ticks(top),
        layers=layers,
    )


def _panel(found: Timeline, label: str, look: LabelLook) -> tuple[Chart, Chart]:
    """Return the charts of a label's share and of its number."""
    periods, xs = found.periods, _middles(found.periods)
    shares = [period.shares[label] for period in periods]
    numbers = [
        float(period.numbers[label]) if period.n_documents else math.nan for period in periods
    ]
    top, most = ceiling(_bounds(shares)), ceiling([4.0, *numbers])
    values = [each.value for each in shares]
    lows, highs = [each.low for each in shares], [each.high for each in shares]
    share = Chart(
        told=f"Share of sentences that carry {look.title} by {found.every}.",
        width=len(periods),
        x_ticks=_dates(periods),
        y_ticks=[f"{tick} %" for tick in _ticks(100 * top)],
        layers=[
            Layer(f"band {look.css}", band(xs, lows, highs, top)),
            Layer(f"line {look.css}", line(xs, values, top)),
            Layer(f"dots {look.css}", dots(xs, values, top)),
        ],
    )
    number = Chart(
        told=f"Number of sentences that carry {look.title} by {found.every}.",
        width=len(periods),
        x_ticks=_dates(periods),
        y_ticks=_ticks(most),
        layers=[
            Layer(f"columns {look.css}", _columns(numbers, most)),
        ],
    )
    return share, number


def _columns(numbers: Sequence[float], most: float) -> str:
    """Return the path of a column a period."""
    return "".join(
        f"M{at + 0.15:g} 100v{round(-100 * number / most, 2):g}h0.7V100Z"
        for at, number in enumerate(numbers)
        if number > 0
    )


def _middles(periods: Sequence[Period]) -> list[float]:
    return [at + 0.5 for at in range(len(periods))]


def _bounds(bands: Sequence[Band]) -> Iterator[float]:
    for each in bands:
        yield from (each.value, each.high)


def _dates(periods: Sequence[Period]) -> list[str]:
    """Return the dates at the left end, between, and at the right end."""
    if len(periods) < 3:
        return [str(period.start) for period in periods]
    return [str(periods[at].start) for at in (0, len(periods) // 2, len(periods) - 1)]


def _ticks(top: float) -> list[str]:
    return [f"{top * step / (_TICKS - 1):g}" for step in range(_TICKS - 1, -1, -1)]


def _plain(period: Period, found: Timeline) -> dict[str, Any]:
    """Return what the script shows of a period, spelled for people."""
    index = period.index or _NONE
    return {
        "start": str(period.start),
        "documents": period.n_documents,
        "sentences": period.n_sentences,
        "index": with_band(index),
        "usual": figure(period.usual),
        "rise": period.rise,
        "shares": [with_band(period.shares[label], 100, " %") for label in found.labels],
        "numbers": [period.numbers[label] for label in found.labels],
        "told": [(each.document, each.sentence.text) for each in period.told],
    }


def with_band(each: Band, scale: float = 1, unit: str = "") -> str:
    """Return a figure with its interval for people."""
    if math.isnan(each.value):
        return "–"
    shown = f"{figure(scale * each.value)}{unit}"
    if math.isnan(each.low):
        return shown
    return f"{shown} ({figure(scale * each.low)} to {figure(scale * each.high)})"
