"""What a compiled model looks things up in: vocabulary, n-grams and weights, as arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from spillover.errors import ModelError
from spillover.features import END, START, FeatureSettings
from spillover.ngrams import Ngrams
from spillover.terms import MOST_CLASSES

Floats = npt.NDArray[np.float64]
Int32s = npt.NDArray[np.int32]

UNIT = 2.0**-26
"""Weights are whole multiples of this, so that float64 adds them without rounding, in any order,
while their sum stays below 2**27."""

MOST_WEIGHT = 2.0**10
"""No weight is larger, lest a short text add up to more than that. Trained ones stay below 20."""

DECIMALS = 7
"""Of a probability. More would tell nothing about a text, but double what results take on a disk
and the time to spell them."""

NO_CLASS = -1


@dataclass(frozen=True)
class Sums:
    """Added-up weights of texts.

    Attributes
    ----------
    blocks : sequence of float64 array (n_texts, n_labels + 1)
        For each block the sums of its features' weights, and last of their inverse document
        frequencies.
    tokens, known : int64 array (n_texts,)
        How many tokens each text has, and how many of them the model knows.
    """

    blocks: Sequence[Floats]
    tokens: npt.NDArray[np.int64]
    known: npt.NDArray[np.int64]


def fourth_root(values: Floats) -> Floats:
    """Return fourth roots; as two square roots, which are exact to the last bit everywhere."""
    return np.sqrt(np.sqrt(values))


def probabilities(logits: Floats) -> Floats:
    """Return the logistic function of logits, to `DECIMALS`; nothing is quite certain."""
    rounded = np.round(0.5 * (1.0 + np.tanh(0.5 * logits)), DECIMALS)  # without overflow
    least = 10.0**-DECIMALS
    clipped: Floats = np.clip(rounded, least, 1.0 - least)
    return clipped


def joined(parts: Sequence[Sums]) -> Sums:
    """Put the sums of several lots of texts together, in their order."""
    if len(parts) == 1:
        return parts[0]
    return Sums(
        [np.concatenate(blocks) for blocks in zip(*(part.blocks for part in parts), strict=True)],
        np.concatenate([part.tokens for part in parts]),
        np.concatenate([part.known for part in parts]),
    )


class Tables:
    """The vocabulary and weights of a model.

    Every feature has a row of weights, one a label, and last its inverse document frequency. Nodes
    that are no feature, and what is not known, have rows of zeros.

    Parameters
    ----------
    settings : FeatureSettings
        What the blocks count.
    tokens : sequence of str
        The tokens that are features or part of a term.
    classes : sequence of str
        The names of the term classes.
    n_labels : int
        The number of labels.
    arrays : Mapping of str to array
        ``words.ngrams`` (n, 2) and ``terms.ngrams`` (m, 2), int32: see `Ngrams`; their symbols are
        the tokens, then what is no token of these, the start and the end of a text, and the term
        classes, the start and the end. ``words.classes``, int16: the term class of each node or
        -1. ``terms.cues``, int32: the classes that are cues. ``scopes.pairs`` and ``pairs.pairs``,
        int32: the cue and the act, and the two classes, of features. ``words.weights``,
        ``terms.weights``, ``scopes.weights`` and ``pairs.weights``, float64: a row a node or pair,
        then one of zeros.

    Raises
    ------
    ModelError
        If the arrays do not fit together; says which.
    """

    def __init__(
        self,
        settings: FeatureSettings,
        tokens: Sequence[str],
        classes: Sequence[str],
        n_labels: int,
        arrays: Mapping[str, npt.NDArray[np.generic]],
    ) -> None:
        if len(classes) > MOST_CLASSES:
            raise ModelError(f"more than {MOST_CLASSES} term classes")
        self.settings = settings
        self.tokens = tuple(tokens)
        self.classes = tuple(classes)
        self.arrays = dict(arrays)
        self.token_ids = {token: at for at, token in enumerate(self.tokens)}
        if len(self.token_ids) != len(self.tokens):
            raise ModelError("its vocabulary has a token twice")
        n_tokens, n_classes = len(self.tokens), len(self.classes)
        self.unknown, self.start, self.end = n_tokens, n_tokens + 1, n_tokens + 2
        self.class_start, self.class_end = n_classes, n_classes + 1

        take = _Taker(arrays, n_labels)
        self.word_ngrams = Ngrams(take.pairs("words.ngrams"), n_tokens + 3)
        self.word_weights = take.weights("words.weights", self.word_ngrams.size)
        self.word_classes = take.numbers(
            "words.classes", np.int16, (self.word_ngrams.size + 1,), NO_CLASS, n_classes
        )
        self.term_ngrams = Ngrams(take.pairs("terms.ngrams"), n_classes + 2)
        self.term_weights = take.weights("terms.weights", self.term_ngrams.size)
        cues = take.numbers("terms.cues", np.int32, (None,), 0, n_classes)
        scopes = take.numbers("scopes.pairs", np.int32, (None, 2), 0, n_classes)
        self.scope_weights = take.weights("scopes.weights", len(scopes))
        pairs = take.numbers("pairs.pairs", np.int32, (None, 2), 0, n_classes)
        self.pair_weights = take.weights("pairs.weights", len(pairs))
        take.nothing_else()

        self.known = self.word_weights[: n_tokens + 3, -1] > 0
        self.is_cue = np.zeros(n_classes, bool)
        self.is_cue[cues] = True
        self.no_scope = len(scopes)
        self.scope_rows = np.full((n_classes, n_classes), self.no_scope, np.int32)
        self.scope_rows[scopes[:, 0], scopes[:, 1]] = np.arange(len(scopes))
        # A pair has no order.
        self.pair_rows = np.full((n_classes, n_classes), len(pairs), np.int32)
        self.pair_rows[pairs[:, 0], pairs[:, 1]] = np.arange(len(pairs))
        self.pair_rows[pairs[:, 1], pairs[:, 0]] = np.arange(len(pairs))

    @cached_property
    def features(self) -> Mapping[str, Mapping[str, Floats]]:
        """The weights of each block's features, by the names that `features.Analyzer` gives."""
        words = [*self.tokens, "", START, END]
        classes = [*self.classes, START, END]
        terms = dict(_named(classes, self.term_ngrams, self.term_weights))
        scopes, pairs = self.arrays["scopes.pairs"].tolist(), self.arrays["pairs.pairs"].tolist()
        for (cue, act), row in zip(scopes, self.scope_weights[:-1], strict=True):
            terms[f"{classes[cue]}>{classes[act]}"] = row
        blocks = {
            "words": dict(_named(words, self.word_ngrams, self.word_weights)),
            "terms": terms,
            "pairs": {
                "&".join(sorted((classes[one], classes[other]))): row
                for (one, other), row in zip(pairs, self.pair_weights[:-1], strict=True)
            },
        }
        return {block: blocks[block] for block in self.settings.blocks}


def _named(names: list[str], ngrams: Ngrams, weights: Floats) -> Iterator[tuple[str, Floats]]:
    names = names.copy()
    for prefix, last in ngrams.pairs.tolist():
        names.append(f"{names[prefix]} {names[last]}")
    for name, row in zip(names, weights[:-1], strict=True):
        if row[-1] > 0:
            yield name, row


class _Taker:
    """Takes arrays that may come from strangers, and checks each."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[np.generic]], n_labels: int) -> None:
        self._left = dict(arrays)
        self._n_labels = n_labels

    def _take(
        self, name: str, dtype: type, shape: tuple[int | None, ...]
    ) -> npt.NDArray[np.generic]:
        array = self._left.pop(name, None)
        if array is None:
            raise ModelError(f"{name} is missing")
        fits = array.ndim == len(shape) and all(
            wanted in (None, is_) for wanted, is_ in zip(shape, array.shape, strict=True)
        )
        if array.dtype != dtype or not fits:
            wanted = ", ".join("any" if size is None else str(size) for size in shape)
            raise ModelError(
                f"{name} must be {dtype.__name__} ({wanted}), is {array.dtype} {array.shape}"
            )
        return array

    def numbers(
        self, name: str, dtype: type, shape: tuple[int | None, ...], least: int, below: int
    ) -> Int32s:
        array: Int32s = self._take(name, dtype, shape)  # type: ignore[assignment]
        if ((array < least) | (array >= below)).any():
            raise ModelError(f"{name} has a number that is not from {least} to {below - 1}")
        return array

    def pairs(self, name: str) -> Int32s:
        return self._take(name, np.int32, (None, 2))  # type: ignore[return-value]

    def weights(self, name: str, rows: int) -> Floats:
        array: Floats = self._take(name, np.float64, (rows + 1, self._n_labels + 1))  # type: ignore[assignment]
        idf = array[:, -1]
        if (
            not np.isfinite(array).all()
            or (idf < 0).any()
            # Where there is no feature there is no weight; so behind the last row.
            or array[idf == 0].any()
            or idf[-1]
        ):
            raise ModelError(f"{name} has values that no training gives")
        units = array / UNIT
        if (
            array.max() > MOST_WEIGHT
            or array.min() < -MOST_WEIGHT
            or (units != np.rint(units)).any()
        ):
            raise ModelError(f"{name} has weights that cannot be added up exactly")
        return array

    def nothing_else(self) -> None:
        if self._left:
            raise ModelError(f"{min(self._left)} is no part of a model")
