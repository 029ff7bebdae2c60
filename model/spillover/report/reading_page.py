"""The report: documents with their telling sentences marked, and the reasons at hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from spillover.dates import COLUMNS
from spillover.explain import Reason, joined_spans
from spillover.readings import Reading
from spillover.report.page import render
from spillover.report.palette import LabelLook, looks
from spillover.scorer import Model
from spillover.sentences import Sentence

_REASONS = 6
_WORDS = 6
_EXCERPT = 150
_SAME = 1e-3
"""Probabilities as close as this come from the same model."""


@dataclass(frozen=True)
class _Strip:
    """A bar in the strip that shows where in a document a label is."""

    css: str
    x: float
    y: float
    width: float
    height: float
    sentence: int


@dataclass(frozen=True)
class _Marked:
    """A sentence as it stands in the page."""

    number: int
    gap: str
    text: str
    css: str
    chips: list[tuple[LabelLook, str]]


@dataclass
class _Why:
    """What the script shows on hover and focus; numbers in hundredths, names by their index."""

    names: dict[str, int] = field(default_factory=dict)
    sentences: dict[str, dict[str, Any]] = field(default_factory=dict)
    few: dict[str, bool] = field(default_factory=dict)
    n_unexplained: int = 0

    def add(self, number: int, sentence: Sentence, model: Model) -> None:
        explained = model.explain(sentence.text)
        found = {}
        for column, label in enumerate(model.labels):
            if label not in sentence.labels:
                continue
            why = explained[label]
            if abs(why.probability - sentence.scores[label]) > _SAME:
                self.n_unexplained += 1
                return
            reasons = why.reasons[:_REASONS]
            words = sorted(why.words, key=lambda word: -word[2])[:_WORDS]
            found[str(column)] = {
                "reasons": [
                    (
                        self.names.setdefault(each.name, len(self.names)),
                        _hundredths(each.contribution),
                        *_words(sentence.text, each),
                    )
                    for each in reasons
                ],
                "rest": _hundredths(sum(each.contribution for each in why.reasons[_REASONS:])),
                "words": [(start, end) for start, end, weight in words if weight > 0],
            }
        self.sentences[str(number)] = found
        if sentence.low_coverage:
            self.few[str(number)] = True


def _words(text: str, reason: Reason) -> Iterator[int]:
    """Yield where the words of a class begin and end, for a name that does not quote them."""
    if not reason.name.startswith("“"):
        for span in joined_spans(text, reason.spans):
            yield from span


def reading_page(found: Sequence[Reading], model: Model) -> str:
    """Return a report as one HTML page.

    Parameters
    ----------
    found : sequence of Reading
        What to show.
    model : Model
        What gives the reasons; sentences that it scores differently are shown without.
    """
    by_label = looks(model.labels)
    why = _Why()
    first = 0
    documents = []
    for reading in found:
        documents.append(_document(reading, first, by_label, why, model))
        first += len(reading.sentences)
    labelled = [each for reading in found for each in reading.sentences if each.labels]
    one = documents[0]["title"] if len(documents) == 1 else f"{len(documents)} documents"
    return render(
        "report",
        title=f"Signals in {one}",
        model=model.version,
        n_sentences=first,
        n_labelled=len(labelled),
        n_unexplained=why.n_unexplained,
        counts=[
            (look, sum(label in each.labels for each in labelled))
            for label, look in by_label.items()
        ],
        documents=documents,
        data={
            "labels": [
                {"title": look.title, "sign": look.sign, "css": look.css}
                for look in by_label.values()
            ],
            "names": list(why.names),
            "intercepts": [_hundredths(each) for each in model.parts.intercept.tolist()],
            "why": why.sentences,
            "few": why.few,
        },
    )


def _document(
    reading: Reading, first: int, by_label: Mapping[str, LabelLook], why: _Why, model: Model
) -> dict[str, Any]:
    sentences = reading.sentences
    for number, sentence in enumerate(sentences, first):
        if sentence.labels:
            why.add(number, sentence, model)
    title = _text(reading.source, "title", "headline") or reading.name
    date = _text(reading.source, *COLUMNS)
    return {
        "title": title,
        "date": date,
        "details": " · ".join(filter(None, (date, reading.name if title != reading.name else ""))),
        "n_sentences": len(sentences),
        "counts": [sum(label in each.labels for each in sentences) for label in by_label],
        "strip": list(_strip(sentences, first, by_label)),
        "strip_told": "Where the labels are. " + "; ".join(_places(sentences, by_label)),
        "strongest": list(_strongest(sentences, first, by_label)),
        "paragraphs": _paragraphs(reading, first, by_label),
    }


def _strip(
    sentences: Sequence[Sentence], first: int, by_label: Mapping[str, LabelLook]
) -> Iterator[_Strip]:
    """Yield the bars on a strip of 1000 by 10 a label: as wide as the sentence, as high as sure."""
    length = max((sentence.end for sentence in sentences), default=0) or 1
    for number, sentence in enumerate(sentences, first):
        for label in sentence.labels:
            height = round(max(8 * sentence.scores[label], 2), 1)
            yield _Strip(
                by_label[label].css,
                round(1000 * sentence.start / length, 1),
                round(10 * by_label[label].number + 9 - height, 1),
                round(max(1000 * (sentence.end - sentence.start) / length, 3), 1),
                height,
                number,
            )


def _places(sentences: Sequence[Sentence], by_label: Mapping[str, LabelLook]) -> Iterator[str]:
    for label, look in by_label.items():
        at = [str(n) for n, sentence in enumerate(sentences, 1) if label in sentence.labels]
        if at:
            more = f" and {len(at) - 20} more" if len(at) > 20 else ""
            yield f"{look.title} in sentence {', '.join(at[:20])}{more} of {len(sentences)}"


def _strongest(
    sentences: Sequence[Sentence], first: int, by_label: Mapping[str, LabelLook]
) -> Iterator[tuple[LabelLook, str, int, str]]:
    for label, look in by_label.items():
        carrying = [n for n, sentence in enumerate(sentences) if label in sentence.labels]
        if carrying:
            best = max(carrying, key=lambda n: sentences[n].scores[label])
            text = " ".join(sentences[best].text.split())
            excerpt = text if len(text) <= _EXCERPT else text[: _EXCERPT - 1].rstrip() + "…"
            yield look, f"{sentences[best].scores[label]:.2f}", first + best, excerpt


def _paragraphs(
    reading: Reading, first: int, by_label: Mapping[str, LabelLook]
) -> list[list[_Marked]]:
    """Return the sentences of each paragraph; a line break ends one."""
    paragraphs: list[list[_Marked]] = [[]]
    both = zip(reading.sentences, reading.gaps, strict=True)
    for number, (sentence, gap) in enumerate(both, first):
        if "\n" in gap or "\r" in gap:
            paragraphs.append([])
        carried = sorted(sentence.labels, key=lambda label: -sentence.scores[label])
        css = ""
        if carried:
            css = f"{by_label[carried[0]].css} p{_strength(sentence.scores[carried[0]])}"
        chips = [(by_label[label], f"{sentence.scores[label]:.2f}") for label in carried]
        space = " " if paragraphs[-1] and gap else ""
        paragraphs[-1].append(_Marked(number, space, sentence.text, css, chips))
    return [paragraph for paragraph in paragraphs if paragraph]


def _strength(probability: float) -> int:
    return 2 if probability >= 0.9 else int(probability >= 0.7)


def _text(source: Mapping[str, Any], *names: str) -> str:
    """Return the first of some columns that has something to show."""
    return next((str(source[name]) for name in names if source.get(name) not in (None, "")), "")


def _hundredths(value: float) -> int:
    return round(100 * value)
