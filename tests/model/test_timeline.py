from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from spillover.errors import InputError
from spillover.readings import Reading
from spillover.report.terminal import timeline_lines
from spillover.report.timeline_csv import write_csv
from spillover.sentences import Sentence
from spillover.timeline import period_of, timeline, usual_and_scale

LABELS = ("military_strike", "casualty_report", "diplomatic_meeting", "spillover_risk")
DAY = date(2031, 5, 1)


def article(*rows: Sequence[float]) -> Reading:
    """A document whose sentences have these probabilities; those from 0.5 are labels."""
    sentences = tuple(
        Sentence(
            text=f"Sentence {number}.",
            start=0,
            end=11,
            scores=dict(zip(LABELS, row, strict=True)),
            labels=tuple(label for label, p in zip(LABELS, row, strict=True) if p >= 0.5),
            coverage=1.0,
            low_coverage=False,
        )
        for number, row in enumerate(rows)
    )
    return Reading("a.txt", {}, sentences, ("",) * len(sentences))


def flat(strike: float) -> Reading:
    return article((strike, 0, 0, 0))


def test_the_index_is_the_formula_of_the_docs() -> None:
    one = article((1.0, 0.5, 0.9, 0.0), (0.2, 0.0, 0.0, 0.1))
    other = article((0.0, 0.0, 1.0, 0.0))
    [period] = timeline([(DAY, one), (DAY, other)], LABELS).periods
    assert period.index is not None
    # 100 * mean over documents of the mean over sentences; meetings count for nothing.
    assert period.index.value == pytest.approx(100 * ((1.5 + 0.3) / 2 + 0) / 2)
    assert period.expected["diplomatic_meeting"].value == pytest.approx(100 * (0.45 + 1) / 2)
    assert period.numbers["diplomatic_meeting"] == 2
    assert period.shares["diplomatic_meeting"].value == pytest.approx(2 / 3)


@pytest.mark.parametrize("line", ["date 2031-05-01", "Date: 2031-05-01."])
def test_a_line_of_a_date_alone_is_no_sentence(line: str) -> None:
    dated = replace(flat(0.0).sentences[0], text=line)
    fire = flat(1.0).sentences
    reading = Reading("a.txt", {}, (dated, *fire), ("", "\n\n"))
    alone = Reading("b.txt", {}, (dated,), ("",))
    [period] = timeline([(DAY, reading), (DAY, alone)], LABELS).periods
    assert period.index is not None
    assert (period.index.value, period.n_documents, period.n_sentences) == (100.0, 1, 1)


def test_a_long_document_weighs_no_more_than_a_short_one() -> None:
    long, short = article(*[(1.0, 0, 0, 0)] * 50), flat(0.0)
    [period] = timeline([(DAY, long), (DAY, short)], LABELS).periods
    assert period.index is not None
    assert period.index.value == pytest.approx(50)


def test_bands_are_those_of_a_bootstrap_over_documents() -> None:
    generator = np.random.default_rng(1)
    values = generator.random(60)
    [period] = timeline([(DAY, flat(float(p))) for p in values], LABELS).periods
    assert period.index is not None
    error = 100 * values.std() / math.sqrt(60)
    assert period.index.low == pytest.approx(period.index.value - 1.96 * error, abs=0.3 * error)
    assert period.index.high == pytest.approx(period.index.value + 1.96 * error, abs=0.3 * error)


def test_one_document_has_no_band_and_an_empty_day_no_figures() -> None:
    found = timeline([(DAY, flat(0.5)), (DAY + timedelta(2), flat(0.5))], LABELS)
    first, empty, _ = found.periods
    assert first.index is not None
    assert math.isnan(first.index.low)
    assert empty.index is not None
    assert math.isnan(empty.index.value)
    assert empty.n_documents == 0


def test_the_order_of_documents_and_other_days_change_nothing() -> None:
    documents = [(DAY + timedelta(at % 3), flat(at / 20)) for at in range(20)]
    found = timeline(documents, LABELS).periods
    # Sums in another order differ in the last digits only.
    again = timeline([*documents[::-1], (DAY + timedelta(9), flat(1.0))], LABELS).periods
    for one, other in zip(found, again, strict=False):
        assert one.index is not None
        assert other.index is not None
        assert one.index.value == pytest.approx(other.index.value)
    assert timeline(documents, LABELS).periods[0].index == found[0].index


def days(levels: Sequence[float], n_documents: int = 4) -> list[bool]:
    """Return which days rise, where each has documents within 0.02 of a level."""
    documents = [
        (DAY + timedelta(at), flat(level + 0.02 * (each % 3 - 1)))
        for at, level in enumerate(levels)
        for each in range(n_documents)
    ]
    return [period.rise for period in timeline(documents, LABELS).periods]


CALM = [0.10, 0.12, 0.08, 0.11, 0.09, 0.12, 0.08, 0.10, 0.11, 0.09]


def test_a_jump_is_a_rise() -> None:
    assert days([*CALM, 0.6]) == [False] * 10 + [True]


def test_what_lasts_becomes_usual() -> None:
    marked = days([*CALM, *[0.6] * 40])
    assert marked[10]
    assert not any(marked[40:])


def test_a_fall_and_a_calm_time_are_no_rise() -> None:
    assert not any(days(CALM * 5))
    assert not any(days([0.6] * 10 + CALM))


def test_a_rise_needs_what_is_usual_and_two_documents() -> None:
    assert not any(days([*CALM[:6], 0.9]))  # six days before it are too few
    assert days([*CALM[:7], 0.9])[-1]
    documents = [(DAY + timedelta(at), flat(level)) for at, level in enumerate([*CALM, 0.9])]
    assert not timeline(documents, LABELS).periods[-1].rise


def test_documents_that_disagree_are_no_rise() -> None:
    documents = [(DAY + timedelta(at), flat(0.1)) for at in range(10) for _ in range(3)]
    documents += [(DAY + timedelta(10), flat(p)) for p in (0.95, 0.05, 0.05)]
    assert not timeline(documents, LABELS).periods[-1].rise


def test_chance_seldom_makes_a_rise() -> None:
    draw = np.random.default_rng(0)
    documents = [
        (DAY + timedelta(at), flat(float(draw.choice([0.0, 0.1, 0.3, 0.6, 0.9]))))
        for at in range(300)
        for _ in range(5)
    ]
    assert sum(period.rise for period in timeline(documents, LABELS).periods) <= 6


def test_usual_and_scale() -> None:
    usual, scale = usual_and_scale([10, 20, 30, 40, 50, 60, 70])
    assert usual == 40
    assert scale == pytest.approx(1.4826 * 20)
    assert usual_and_scale([5.0] * 7) == (5.0, 2.0)
    assert math.isnan(usual_and_scale([5.0] * 6)[0])


@pytest.mark.parametrize(
    ("every", "first"), [("day", 31), ("week", 26), ("month", 1)]
)  # 2031-05-31 is a Saturday
def test_periods(every: str, first: int) -> None:
    assert period_of(date(2031, 5, 31), every) == date(2031, 5, first)
    found = timeline(
        [(date(2031, 1, 31), flat(0)), (date(2031, 5, 31), flat(0))], LABELS, every=every
    )
    starts = [period.start for period in found.periods]
    assert starts[0] == period_of(date(2031, 1, 31), every)
    assert starts[-1] == date(2031, 5, first)
    assert len(starts) == {"day": 121, "week": 18, "month": 5}[every]


def test_labels_of_ones_own() -> None:
    found = timeline([(DAY, article((0.5, 0.5, 0.5, 0.5)))], LABELS, escalating=(LABELS[2],))
    assert found.periods[0].index is not None
    assert found.periods[0].index.value == pytest.approx(50)
    with pytest.raises(InputError, match="--index: no label 'riot'"):
        timeline([], LABELS, escalating=("riot",))
    with pytest.raises(InputError, match="--every must be one of day, week, month, got 'hour'"):
        timeline([], LABELS, every="hour")


def test_a_model_without_the_labels_of_the_index_has_none() -> None:
    sentence = Sentence(
        text="Quiet.", start=0, end=6, scores={"riot": 0.7}, labels=("riot",), coverage=1.0,
        low_coverage=False,
    )  # fmt: skip
    found = timeline([(DAY, Reading("a", {}, (sentence,), ("",)))], ("riot",))
    assert found.periods[0].index is None
    assert "index" not in "".join(timeline_lines(found, 80))
    out = io.StringIO()
    write_csv(found, out)
    [row] = csv.DictReader(out.getvalue().splitlines())
    assert row == {
        **{"start": "2031-05-01", "documents": "1", "sentences": "1", "riot_number": "1"},
        **{"riot_share": "1", "riot_low": "", "riot_high": "", "riot_expected": "70"},
    }


def test_documents_without_a_sentence_count_for_nothing() -> None:
    assert timeline([(DAY, article())], LABELS).periods == ()
    assert list(timeline_lines(timeline([], LABELS), 80)) == ["nothing was read"]


def test_sparklines_fit_the_terminal() -> None:
    documents = [
        (DAY + timedelta(at), flat(0.9 if at == 200 else 0.1)) for at in range(300) for _ in "ab"
    ]
    lines = list(timeline_lines(timeline(documents, LABELS), 80))
    assert all(len(line) <= 80 for line in lines)
    assert lines[0].startswith("escalation index")
    assert "█" in lines[0]
    assert lines[-1] == "unusual rise on 2031-11-17: index 90.0 (90.0 to 90.0), usual 10.0"
