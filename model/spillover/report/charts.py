"""Curves as SVG paths, for plots that a page stretches to its width."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HEIGHT = 100
"""Of every plot, in its own units; the width is the plot's own."""

_BAR = 0.12


@dataclass(frozen=True)
class Layer:
    """A path of a plot.

    Attributes
    ----------
    css : str
        Its classes: ``line``, ``band`` or ``dots``, and that of a label.
    path : str
        The path's data.
    """

    css: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A plot with its ticks, for the macro in ``charts.html.j2``.

    Attributes
    ----------
    told : str
        What it shows, for those who do not see it.
    width : float
        The width of the plot in its own units.
    x_ticks, y_ticks : sequence of str
        Evenly spaced from the left end to the right, and from the top to the bottom.
    layers : sequence of Layer
        What is drawn, the first lowest.
    """

    told: str
    width: float
    x_ticks: Sequence[str]
    y_ticks: Sequence[str]
    layers: Sequence[Layer]


def ceiling(values: Iterable[float]) -> float:
    """Return a round number not below any value; NaN counts for nothing."""
    most = max((value for value in values if not math.isnan(value)), default=0.0)
    if most <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(most))
    # A quarter of each, the distance of two ticks, has two digits at most.
    steps = (1, 1.2, 1.6, 2, 3, 4, 6, 8, 10)
    return next(step * power for step in steps if step * power >= most * (1 - 1e-9))


def line(xs: Sequence[float], ys: Sequence[float], top: float) -> str:
    """Return the path of a curve, broken where a value is NaN."""
    pieces = []
    pen = "M"
    for x, y in zip(xs, ys, strict=True):
        if math.isnan(y):
            pen = "M"
            continue
        pieces.append(f"{pen}{_at(x, y, top)}")
        pen = "L"
    return "".join(pieces)


def dots(xs: Sequence[float], ys: Sequence[float], top: float) -> str:
    """Return a path of points, which a round line cap makes dots of any size."""
    both = zip(xs, ys, strict=True)
    return "".join(f"M{_at(x, y, top)}h0" for x, y in both if not math.isnan(y))


def band(xs: Sequence[float], lows: Sequence[float], highs: Sequence[float], top: float) -> str:
    """Return the path of the area between two curves; a point alone becomes a thin bar."""
    pieces: list[str] = []
    run: list[tuple[float, float, float]] = []
    for x, low, high in [*zip(xs, lows, highs, strict=True), (math.nan,) * 3]:
        if not math.isnan(low):
            run.append((x, low, high))
        elif run:
            if len(run) == 1:
                [(middle, lower, upper)] = run
                run = [(middle - _BAR, lower, upper), (middle + _BAR, lower, upper)]
            there = "L".join(_at(x, upper, top) for x, _, upper in run)
            back = "L".join(_at(at, lower, top) for at, lower, _ in reversed(run))
            pieces.append(f"M{there}L{back}Z")
            run = []
    return "".join(pieces)


def _at(x: float, y: float, top: float) -> str:
    return f"{round(x, 3):g} {round(HEIGHT * (1 - y / top), 2):g}"
