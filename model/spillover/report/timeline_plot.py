"""The timeline as a plot, PNG or SVG, by matplotlib."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from spillover.report.palette import looks
from spillover.timeline import Band, Timeline

_MARKERS = "^osDvP*p"
_INK = "#1b1c1e"


def save_plot(found: Timeline, path: Path, kind: str) -> None:
    """Save a plot of the index and, below it, of each label's share; the same bytes at every run.

    Parameters
    ----------
    found : Timeline
        What to show.
    path : Path
        The file to write.
    kind : str
        ``png`` or ``svg``.
    """
    by_label = looks(found.labels)
    starts = [period.start for period in found.periods]
    rows = bool(found.escalating) + len(found.labels)
    # A fixed salt for the ids, and no date, keep the bytes the same; text stays text.
    with mpl.rc_context(
        {"svg.hashsalt": "spillover", "svg.fonttype": "none", "date.converter": "concise"}
    ):
        figure = Figure(figsize=(9, 1.2 + 1.6 * rows), layout="constrained")
        heights = [2] * bool(found.escalating) + [1] * len(found.labels)
        axes = figure.subplots(rows, 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
        if found.escalating:
            _draw_index(axes[0], found)
        for panel, (label, look) in zip(
            axes[rows - len(found.labels) :], by_label.items(), strict=True
        ):
            marker = _MARKERS[look.number % len(_MARKERS)]
            bands = [period.shares[label] for period in found.periods]
            scaled = [Band(*(100 * each for each in one)) for one in bands]
            _draw_band(panel, starts, scaled, look.colour, marker)
            panel.set_title(f"{look.title}: % of sentences", loc="left", fontsize=10)
            panel.set_ylim(bottom=0)
        for panel in axes:
            panel.grid(alpha=0.25)
            panel.spines[["top", "right"]].set_visible(False)
        metadata = {"Date": None} if kind == "svg" else {"Software": None}
        figure.savefig(path, format=kind, dpi=120, metadata=metadata)


def _draw_index(panel: Any, found: Timeline) -> None:
    starts = [period.start for period in found.periods]
    bands = [period.index for period in found.periods if period.index is not None]
    _draw_band(panel, starts, bands, _INK, ".", label="escalation index")
    usual = [period.usual for period in found.periods]
    panel.plot(starts, usual, color=_INK, linewidth=0.8, linestyle=":", label="usual")
    for label, look in looks(found.labels).items():
        if label not in found.escalating:
            values = [period.expected[label].value for period in found.periods]
            marker = _MARKERS[look.number % len(_MARKERS)]
            panel.plot(
                starts,
                values,
                marker,
                markersize=3,
                linestyle="--",
                linewidth=1,
                color=look.colour,
                label=f"{look.title} (not in the index)",
            )
    rises = [period for period in found.periods if period.rise]
    heights = [period.index.value if period.index else math.nan for period in rises]
    panel.plot(
        [period.start for period in rises],
        heights,
        "o",
        markersize=11,
        markerfacecolor="none",
        color=_INK,
        label="unusual rise",
    )
    panel.set_title("escalation index: signals expected in 100 sentences", loc="left", fontsize=10)
    panel.set_ylim(bottom=0)
    panel.legend(fontsize=8, frameon=False)


def _draw_band(
    panel: Any, starts: list[Any], bands: list[Band], colour: str, marker: str, label: str = ""
) -> None:
    lows, highs = [each.low for each in bands], [each.high for each in bands]
    panel.fill_between(starts, lows, highs, color=colour, alpha=0.15, linewidth=0)
    # A band of one day between days without one has no area.
    panel.vlines(starts, lows, highs, color=colour, alpha=0.15, linewidth=2)
    values = [each.value for each in bands]
    panel.plot(
        starts, values, marker=marker, markersize=4, linewidth=1.4, color=colour, label=label
    )
