"""Documents with their scored sentences, from texts or from what ``spillover predict`` wrote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from spillover.documents import InputDocument
from spillover.errors import InputError, shown
from spillover.rows import Record
from spillover.scorer import Model
from spillover.sentences import Sentence

_SCORE, _SOURCE = "score_", "source_"


@dataclass(frozen=True)
class Reading:
    """A document that was read.

    Attributes
    ----------
    name : str
        The document's name, as ``predict`` gives it.
    source : Mapping of str to Any
        The other columns of its row.
    sentences : tuple of Sentence
        Its sentences.
    gaps : tuple of str
        The white space before each sentence.
    """

    name: str
    source: Record
    sentences: tuple[Sentence, ...]
    gaps: tuple[str, ...]


def readings(documents: Iterable[InputDocument], model: Model) -> Iterator[Reading]:
    """Score documents; take over sentences that ``spillover predict`` has scored already.

    Parameters
    ----------
    documents : iterable of InputDocument
        What `spillover.documents.read_documents` yields.
    model : Model
        What scores the texts. Scored sentences keep their scores; their labels must be its labels.

    Yields
    ------
    Reading
        A document; neighbouring scored sentences of one document are one.

    Raises
    ------
    InputError
        For a row that is scored but not as ``predict`` writes it.
    """
    for name, rows in groupby(documents, _document_name):
        if name is None:
            for document in rows:
                yield _read(document, model)
        else:
            yield _gathered(name, list(rows), model)


def _document_name(row: InputDocument) -> str | None:
    """Return the document that a scored sentence belongs to; None for a text to be scored."""
    source = row.source
    scored = "scores" in source or any(str(column).startswith(_SCORE) for column in source)
    if not scored or not {"document", "sentence", "start", "end"} <= source.keys():
        return None
    return str(source["document"])


def _read(document: InputDocument, model: Model) -> Reading:
    read = tuple(model.read(document.text))
    ends = [0, *(sentence.end for sentence in read)]
    gaps = (document.text[end : each.start] for end, each in zip(ends, read, strict=False))
    return Reading(document.name, document.source, read, tuple(gaps))


def _gathered(name: str, rows: list[InputDocument], model: Model) -> Reading:
    sentences = tuple(_sentence(row, model.labels) for row in rows)
    # Only the width of the white space is known; two characters and more end a paragraph.
    gaps = (
        "\n\n" if after.start - before.end > 1 else " " for before, after in pairwise(sentences)
    )
    return Reading(name, _kept(rows[0].source), sentences, ("", *gaps))


def _sentence(row: InputDocument, labels: tuple[str, ...]) -> Sentence:
    source = row.source
    scores = source.get("scores")
    if scores is None:
        scores = {
            name.removeprefix(_SCORE): value
            for name, value in source.items()
            if name.startswith(_SCORE)
        }
    if not isinstance(scores, Mapping) or set(scores) != set(labels):
        found = ", ".join(map(str, scores)) if isinstance(scores, Mapping) else repr(scores)
        raise InputError(
            f"{row.name}: scored for {found}, but the model has {', '.join(labels)}; "
            "name the model with --model"
        )
    carried = source.get("labels") or ()
    if isinstance(carried, str):
        carried = carried.split("|")
    for label in carried:
        if label not in labels:
            raise InputError(f"{row.name}: the model has no label {label!r}")
    return Sentence(
        text=row.text,
        start=int(_number(row, "start", source["start"])),
        end=int(_number(row, "end", source["end"])),
        scores={label: _number(row, label, scores[label], most=1.0) for label in labels},
        labels=tuple(label for label in labels if label in carried),
        coverage=_number(row, "coverage", source.get("coverage", 1.0), most=1.0),
        low_coverage=source.get("low_coverage") in (True, "true"),
    )


def _number(row: InputDocument, name: str, value: Any, most: float = float("inf")) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number <= most:
        bound = f"from 0 to {most:g}" if most < float("inf") else "of 0 or more"
        raise InputError(f"{row.name}: {name!r} must be a number {bound}, got {shown(value)}")
    return number


def _kept(source: Record) -> Record:
    """Return the columns that ``predict`` kept from the document's row."""
    if isinstance(source.get("source"), Mapping):
        return dict(source["source"])
    return {
        name.removeprefix(_SOURCE): value
        for name, value in source.items()
        if name.startswith(_SOURCE)
    }
