"""Explanations and timelines on a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import typer

from spillover.explain import Explanation, LabelExplanation, joined_spans
from spillover.report.palette import looks
from spillover.table import printable
from spillover.timeline import Timeline

_REASONS = 8
_BLOCKS = "▁▂▃▄▅▆▇█"
_EMPTY = "·"
# Ever stronger orange and blue, which colour-blind eyes tell apart; black on them, at last white.
_FOR = ((255, 236, 217), (255, 205, 153), (255, 160, 77), (214, 92, 0))
_AGAINST = ((226, 238, 250), (178, 212, 242), (107, 168, 224), (20, 96, 168))
_STEPS = (0.1, 0.4, 1.0, 2.0)


def explanation_lines(explained: Explanation, labels: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for each label, its words shaded by weight, and its strongest reasons."""
    by_label = looks(tuple(explained))
    for label in labels:
        why = explained[label]
        heading = f"{by_label[label].sign} {by_label[label].title} {why.probability:.2f}"
        yield typer.style(heading, bold=True)
        yield "  " + _shaded(explained.text, why)
        for reason in why.reasons[:_REASONS]:
            words = _quoted(explained.text, reason.spans)
            name = reason.name if reason.name[:1] == "“" else f"{reason.name}{words}"
            yield f"    {reason.contribution:+6.2f}  {name}"
        rest = math.fsum(reason.contribution for reason in why.reasons[_REASONS:])
        yield f"    {rest:+6.2f}  all other terms"
        yield f"    {why.intercept:+6.2f}  before anything is read"
        yield f"    {why.logit:+6.2f}  the sum, a probability of {why.probability:.4f}"


def _shaded(text: str, why: LabelExplanation) -> str:
    parts = []
    at = 0
    for start, end, weight in why.words:
        parts.append(printable(text[at:start]))
        step = sum(abs(weight) >= least for least in _STEPS)
        word = printable(text[start:end])
        if step:
            background = (_FOR if weight > 0 else _AGAINST)[step - 1]
            word = typer.style(word, bg=background, fg="white" if step == 4 else "black")
        parts.append(word)
        at = max(at, end)
    parts.append(printable(text[at:]))
    return "".join(parts)


def _quoted(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Return the words of some spans; an ellipsis stands for what is between them."""
    words = [" ".join(text[start:end].split()) for start, end in joined_spans(text, spans)]
    return f" “{printable(' … '.join(words))}”" if words else ""


def timeline_lines(found: Timeline, width: int) -> Iterator[str]:
    """Yield a sparkline of the index and of each label's share, and the days of unusual rise.

    Parameters
    ----------
    found : Timeline
        What to show.
    width : int
        The columns of the terminal; neighbouring periods share one where there are more.
    """
    if not found.periods:
        yield "nothing was read"
        return
    by_label = looks(found.labels)
    curves = [
        (
            f"{look.sign} {look.title}",
            [100 * period.shares[label].value for period in found.periods],
            " %",
        )
        for label, look in by_label.items()
    ]
    if found.escalating:
        index = [period.index.value for period in found.periods if period.index]
        curves.insert(0, ("escalation index", index, ""))
    wide = max(len(name) for name, _, _ in curves)
    room = max(10, width - wide - len("  most 100.0 %") - 2)
    for name, values, unit in curves:
        most = max((value for value in values if not math.isnan(value)), default=0.0)
        yield f"{name.ljust(wide)}  {_sparkline(values, room)}  most {most:.1f}{unit}"
    first, last = found.periods[0].start, found.periods[-1].start
    n_documents = sum(period.n_documents for period in found.periods)
    yield f"{' ' * wide}  {first} to {last}, {n_documents} documents, by {found.every}"
    for period in found.periods:
        if period.rise and period.index:
            yield (
                f"unusual rise on {period.start}: index {period.index.value:.1f} "
                f"({period.index.low:.1f} to {period.index.high:.1f}), usual {period.usual:.1f}"
            )


def _sparkline(values: Sequence[float], room: int) -> str:
    """Return a character a value, or, where there is no room, one for the mean of neighbours."""
    columns = min(len(values), room)
    edges = [len(values) * each // columns for each in range(columns + 1)]
    means = []
    for start, end in pairwise(edges):
        there = [value for value in values[start:end] if not math.isnan(value)]
        means.append(math.fsum(there) / len(there) if there else math.nan)
    most = max((mean for mean in means if not math.isnan(mean)), default=0.0) or 1.0
    return "".join(
        _EMPTY if math.isnan(mean) else _BLOCKS[min(7, int(8 * mean / most))] for mean in means
    )
