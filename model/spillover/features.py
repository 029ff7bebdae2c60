"""Tokens to features: the named blocks that training counts and scoring adds up.

Every block's features come from tokens, or from terms near each other, and are counted without
regard to the rest of the text. A text's score is therefore a sum over its features, divided in
each block by the fourth root of the summed inverse document frequencies (see `BLOCKS`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from spillover.errors import ModelError
from spillover.terms import TermClasses
from spillover.text import tokens

ANALYZER_VERSION = 2
"""Goes up when the features of any text change; a model of another version is refused."""

BLOCKS = ("words", "terms", "pairs")
"""``words``: n-grams of tokens. ``terms``: n-grams of term classes with the plain words between
left out, and acts under a cue. ``pairs``: unordered pairs of term classes near each other."""

START, END = "<s>", "</s>"
"""Stand around a text in its n-grams; no token can look like them."""

Occurrence = tuple[str, tuple[int, ...]]
"""A feature and the indices of the tokens that it comes from; none for what is not there."""


@dataclass(frozen=True)
class FeatureSettings:
    """What each block counts.

    Attributes
    ----------
    word_ngrams, term_ngrams : int
        The longest n-gram of each, from 1; 0 leaves the block of terms out.
    pair_window : int
        How many terms apart the two of a pair may stand; 0 leaves the block out.
    scope_window : int
        How many tokens after its cue an act still counts as being under it.
    """

    word_ngrams: int = 2
    term_ngrams: int = 3
    pair_window: int = 6
    scope_window: int = 6

    @property
    def blocks(self) -> tuple[str, ...]:
        """The blocks that are not left out, in the order of `BLOCKS`."""
        lengths = (self.word_ngrams, self.term_ngrams, self.pair_window)
        return tuple(block for block, length in zip(BLOCKS, lengths, strict=True) if length)

    def to_json(self) -> dict[str, int]:
        """Return the settings as plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Any) -> FeatureSettings:
        """Read what `to_json` wrote.

        Raises
        ------
        ModelError
            If a setting is unknown, missing, or no whole number from 0 to 20, or all are 0.
        """
        names = set(cls.__dataclass_fields__)
        if not isinstance(values, dict) or set(values) != names:
            raise ModelError(f"feature settings must be exactly {sorted(names)}")
        for name, value in values.items():
            if type(value) is not int or not 0 <= value <= 20:
                raise ModelError(f"feature setting {name} must be from 0 to 20, got {value!r}")
        settings = cls(**values)
        if "words" not in settings.blocks:
            raise ModelError("feature settings must count words, which coverage is measured by")
        return settings


class Analyzer:
    """The features of one block, as a callable for scikit-learn's vectorisers.

    Parameters
    ----------
    block : str
        One of `BLOCKS`.
    settings : FeatureSettings
        What the block counts.
    terms : TermClasses
        The classes that ``terms`` and ``pairs`` count.

    Raises
    ------
    ValueError
        If `block` is not one of `BLOCKS`.
    """

    def __init__(self, block: str, settings: FeatureSettings, terms: TermClasses) -> None:
        if block not in BLOCKS:
            raise ValueError(f"block must be one of {', '.join(BLOCKS)}, got {block!r}")
        self.block = block
        self.settings = settings
        self.terms = terms

    def __call__(self, text: str) -> list[str]:
        """Return the block's features of a text, repeated as often as they occur."""
        return self.features(tokens(text))

    def features(self, words: list[str]) -> list[str]:
        """Return the block's features of a text's tokens."""
        return list(getattr(self, "_" + self.block)(words))

    def occurrences(self, words: list[str]) -> list[Occurrence]:
        """Return what `features` returns, in that order, with the tokens that each comes from."""
        return list(getattr(self, f"_{self.block}_occurrences")(words))

    def _words(self, words: list[str]) -> Iterator[str]:
        yield from words
        yield from _ngrams([START, *words, END], self.settings.word_ngrams)

    def _terms(self, words: list[str]) -> Iterator[str]:
        found = self.terms.match(words)
        yield from (feature for feature, _, _ in self._under_cues(found))
        names = _collapsed(found)
        yield from names
        yield from _ngrams([START, *names, END], self.settings.term_ngrams)

    def _under_cues(self, found: list[tuple[int, str]]) -> Iterator[tuple[str, int, int]]:
        """Yield each act under a cue, with the first tokens of both."""
        cue, cue_at = "", -1
        for at, name in found:
            if name in self.terms.cues:
                cue, cue_at = name, at
            elif cue and name in self.terms.acts and at - cue_at <= self.settings.scope_window:
                yield f"{cue}>{name}", cue_at, at

    def _pairs(self, words: list[str]) -> Iterator[str]:
        names = _collapsed(self.terms.match(words))
        for at, name in enumerate(names):
            for other in names[at + 1 : at + 1 + self.settings.pair_window]:
                if name != other:
                    yield f"{name}&{other}" if name < other else f"{other}&{name}"

    def _words_occurrences(self, words: list[str]) -> Iterator[Occurrence]:
        single: list[Occurrence] = [(word, (at,)) for at, word in enumerate(words)]
        yield from single
        yield from _ngram_occurrences(single, self.settings.word_ngrams)

    def _terms_occurrences(self, words: list[str]) -> Iterator[Occurrence]:
        spans = self.terms.spans(words)
        tokens_at = {start: tuple(range(start, end)) for start, end, _ in spans}
        found = [(start, name) for start, _, name in spans]
        for feature, cue_at, act_at in self._under_cues(found):
            yield feature, tokens_at[cue_at] + tokens_at[act_at]
        runs = _runs(spans)
        yield from runs
        yield from _ngram_occurrences(runs, self.settings.term_ngrams)

    def _pairs_occurrences(self, words: list[str]) -> Iterator[Occurrence]:
        runs = _runs(self.terms.spans(words))
        for at, (name, places) in enumerate(runs):
            for other, others in runs[at + 1 : at + 1 + self.settings.pair_window]:
                if name != other:
                    yield "&".join(sorted((name, other))), places + others


def _ngrams(names: list[str], longest: int) -> Iterator[str]:
    """Yield the n-grams of two names and more."""
    for length in range(2, longest + 1):
        for at in range(len(names) - length + 1):
            yield " ".join(names[at : at + length])


def _collapsed(found: list[tuple[int, str]]) -> list[str]:
    """Return the classes of the terms found, runs of one class as one ("air force commander")."""
    names = [name for _, name in found]
    return names[:1] + [name for last, name in pairwise(names) if name != last]


def _ngram_occurrences(single: list[Occurrence], longest: int) -> Iterator[Occurrence]:
    """Yield the n-grams that `_ngrams` yields."""
    ends: list[Occurrence] = [(START, ()), *single, (END, ())]
    names = [name for name, _ in ends]
    windows = (
        ends[at : at + length]
        for length in range(2, longest + 1)
        for at in range(len(ends) - length + 1)
    )
    for ngram, window in zip(_ngrams(names, longest), windows, strict=True):
        yield ngram, tuple(at for _, places in window for at in places)


def _runs(spans: list[tuple[int, int, str]]) -> list[Occurrence]:
    """Return the classes that `_collapsed` returns, each with the tokens of its whole run."""
    runs: list[Occurrence] = []
    for start, end, name in spans:
        places = tuple(range(start, end))
        if runs and runs[-1][0] == name:
            runs[-1] = (name, runs[-1][1] + places)
        else:
            runs.append((name, places))
    return runs
