"""Why a text scores as it does: the exact share of each feature in the logit of each label.

The logit of a label is a sum over the features that occur in the text,

    logit = intercept + sum over blocks b, occurrences o in b of  w[o, label] / S_b ** (1/4),
    S_b   = sum over occurrences o in b of  idf[o],

so the contribution of an occurrence is its own term of that sum, exactly, with the length of the
text (the scale S_b) held as it is. Nothing is estimated or resampled: for a linear model with
features taken as they are this is also its SHAP value against an empty text (Lundberg and Lee
2017, "A unified approach to interpreting model predictions", section 4.1).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from spillover.features import END, START, Analyzer, Occurrence
from spillover.tables import Floats, fourth_root, probabilities
from spillover.text import NUMBER, YEAR, token_spans

if TYPE_CHECKING:
    from spillover.scorer import Model, ModelParts

Span = tuple[int, int]

_MASKS = {NUMBER: "[number]", YEAR: "[year]"}


@dataclass(frozen=True, kw_only=True)
class Reason:
    """A feature of a text, and what it adds to the logit of a label.

    Attributes
    ----------
    name : str
        The feature as a reader understands it: a quoted word or phrase, or term classes.
    spans : tuple of (int, int)
        Start and end of each word it comes from, in code points of the text; none for a feature
        that stands for what is not there, such as no listed term at all.
    contribution : float
        What all its occurrences add to the logit: above 0 it speaks for the label.
    """

    name: str
    spans: tuple[Span, ...]
    contribution: float


@dataclass(frozen=True, kw_only=True)
class LabelExplanation:
    """Why one label is as probable as it is.

    Attributes
    ----------
    label : str
        The label.
    intercept : float
        The logit before anything is read.
    reasons : tuple of Reason
        What is added to it, strongest first, for and against.
    words : tuple of (int, int, float)
        Start, end and weight of each word: the contributions of the features, each divided
        evenly among its words.
    """

    label: str
    intercept: float
    reasons: tuple[Reason, ...]
    words: tuple[tuple[int, int, float], ...]

    @property
    def logit(self) -> float:
        """The intercept and all contributions, added up."""
        return self.intercept + math.fsum(reason.contribution for reason in self.reasons)

    @property
    def probability(self) -> float:
        """The logistic function of the logit: the probability that the model gives."""
        return float(probabilities(np.array(self.logit)))


class Explanation(Mapping[str, LabelExplanation]):
    """Why a text scores as it does, by label. Made by `Model.explain`.

    Attributes
    ----------
    text : str
        The text as it was given.
    """

    def __init__(
        self,
        text: str,
        intercepts: Mapping[str, float],
        spans: list[Span],
        occurrences: list[Occurrence],
        names: list[str],
        contributions: Floats,
    ) -> None:
        self.text = text
        self._intercepts = intercepts
        self._spans = spans
        self._contributions = contributions
        # A feature that occurs twice is one reason; a word shares in each feature it is part of.
        numbers: dict[str, int] = {}
        self._number_of = np.array([numbers.setdefault(name, len(numbers)) for name in names], int)
        self._names = list(numbers)
        places_of: list[set[int]] = [set() for _ in numbers]
        for number, (_, places) in zip(self._number_of.tolist(), occurrences, strict=True):
            places_of[number].update(places)
        self._spans_of = [tuple(spans[place] for place in sorted(each)) for each in places_of]
        lengths = np.array([len(places) for _, places in occurrences], int)
        self._word = np.array([place for _, places in occurrences for place in places], int)
        self._part_of = np.repeat(np.arange(len(occurrences)), lengths)
        self._part = 1.0 / lengths[self._part_of]

    def __getitem__(self, label: str) -> LabelExplanation:
        """Return the explanation of one label."""
        if label not in self._intercepts:
            raise KeyError(label)
        column = self._contributions[:, list(self._intercepts).index(label)]
        added = np.bincount(self._number_of, column, len(self._names)).tolist()
        parts = column[self._part_of] * self._part
        words = np.bincount(self._word, parts, len(self._spans)).tolist()
        strongest = sorted(
            zip(self._names, self._spans_of, added, strict=True),
            key=lambda each: (-abs(each[2]), each[0]),
        )
        return LabelExplanation(
            label=label,
            intercept=self._intercepts[label],
            reasons=tuple(
                Reason(name=name, spans=spans, contribution=value)
                for name, spans, value in strongest
            ),
            words=tuple((*span, weight) for span, weight in zip(self._spans, words, strict=True)),
        )

    def __iter__(self) -> Iterator[str]:
        """Yield the labels."""
        return iter(self._intercepts)

    def __len__(self) -> int:
        """Return the number of labels."""
        return len(self._intercepts)

    def __repr__(self) -> str:
        probable = ", ".join(f"{label} {self[label].probability:.2f}" for label in self)
        return f"<Explanation: {probable}>"


def explain(model: Model, text: str) -> Explanation:
    """Explain the scores of a text that is read as one sentence.

    Raises
    ------
    TypeError
        If `text` is no str.
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be str, got {type(text).__name__}")
    placed = token_spans(text)
    occurrences: list[Occurrence] = []
    names: list[str] = []
    contributions = []
    for block, found, values in _contributions(model.parts, [token for token, _, _ in placed]):
        occurrences += found
        names += [feature_name(block, feature) for feature, _ in found]
        contributions.append(values)
    return Explanation(
        text,
        dict(zip(model.labels, model.parts.intercept.tolist(), strict=True)),
        [(start, end) for _, start, end in placed],
        occurrences,
        names,
        np.concatenate(contributions),
    )


def _contributions(
    parts: ModelParts, words: list[str]
) -> Iterator[tuple[str, list[Occurrence], Floats]]:
    """Yield each block's known features, and what each adds to each logit."""
    tables = parts.tables
    for name, rows_of in tables.features.items():
        analyzer = Analyzer(name, tables.settings, parts.terms)
        found = [each for each in analyzer.occurrences(words) if each[0] in rows_of]
        rows = np.array([rows_of[feature] for feature, _ in found])
        rows = rows.reshape(len(found), len(parts.labels) + 1)
        idf = rows[:, -1:].sum(axis=0)
        yield name, found, rows[:, :-1] / fourth_root(np.where(idf > 0, idf, 1.0))


def joined_spans(text: str, spans: Sequence[Span]) -> list[Span]:
    """Join the spans of neighbouring words, which have only white space between them."""
    found: list[Span] = []
    for start, end in spans:
        if found and not text[found[-1][1] : start].strip():
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


@lru_cache(maxsize=1 << 16)
def feature_name(block: str, feature: str) -> str:
    """Return a feature's name for readers.

    Examples
    --------
    >>> feature_name("words", "<s> rockets"), feature_name("words", "at <num>")
    ('“rockets” at the start', '“at [number]”')
    >>> feature_name("terms", "air-strike civil-place"), feature_name("terms", "negation>death")
    ('air strike, then civil place', 'death under negation')
    >>> feature_name("pairs", "death&weapon")
    ('death near weapon')
    """
    if block == "pairs":
        return _spaced(feature.replace("&", " near "))
    parts = feature.split(" ")
    if block == "terms" and len(parts) == 1 and ">" in feature:
        cue, act = feature.split(">")
        return _spaced(f"{act} under {cue}")
    inner = [part for part in parts if part not in (START, END)]
    if not inner:
        return "no word" if block == "words" else "no listed term"
    starts, ends = parts[0] == START, parts[-1] == END
    if block == "words":
        return _phrase(inner) + " at the start" * starts + " at the end" * ends
    # Plain words may stand before the first term and after the last.
    return _spaced(", then ".join(inner)) + ", the first term" * starts + ", the last term" * ends


def _phrase(words: list[str]) -> str:
    return f"“{' '.join(_MASKS.get(word, word) for word in words)}”"


def _spaced(name: str) -> str:
    return name.replace("-", " ")
