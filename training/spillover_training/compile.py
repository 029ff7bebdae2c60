"""A fitted pipeline to the arrays of a `Model`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.pipeline import Pipeline

from spillover.features import END, START
from spillover.policy import Curve
from spillover.scorer import ModelParts
from spillover.tables import NO_CLASS, UNIT, Floats, Tables
from spillover.terms import TermClasses
from spillover_training.pipeline import Recipe

Weights = Mapping[tuple[str, ...], Floats]
"""A row of weights and, last, the inverse document frequency of each feature, by its parts."""


def compiled(
    fitted: Pipeline,
    *,
    labels: Mapping[str, str],
    thresholds: Mapping[str, float],
    curves: Mapping[str, Curve],
    recipe: Recipe,
    terms: TermClasses,
    training: Mapping[str, Any],
) -> ModelParts:
    """Fold idf, block weight and coefficient of each feature into one weight a label.

    Parameters
    ----------
    fitted : Pipeline
        A fitted `spillover_training.pipeline.pipeline`.
    labels, thresholds, curves, terms, training
        As in `ModelParts`.
    recipe : Recipe
        What `fitted` was made by.

    Returns
    -------
    ModelParts
        Whose model gives the probabilities of `fitted` to within 1e-6.
    """
    blocks: dict[str, dict[str, Floats]] = {"words": {}, "terms": {}, "pairs": {}}
    union, classifier = fitted["features"], fitted["classifier"]
    start = 0
    for name in recipe.settings.blocks:
        tfidf = union[name]["tfidf"]
        end = start + len(tfidf.idf_)
        weights = recipe.weights[name] * tfidf.idf_[:, None] * classifier.coef_[:, start:end].T
        rows = UNIT * np.rint(np.column_stack([weights, tfidf.idf_]) / UNIT)
        blocks[name] = {feature: rows[row] for feature, row in tfidf.vocabulary_.items()}
        start = end

    classes = sorted(set(terms.entries.values()) if len(recipe.settings.blocks) > 1 else ())
    number = {name: at for at, name in enumerate(classes)}
    entries = terms.entries if classes else {}
    words = {tuple(feature.split(" ")): row for feature, row in blocks["words"].items()}
    # The most frequent first, so that the rows that are read most lie together.
    tokens = sorted(
        {token for ngram in [*words, *entries] for token in ngram} - {START, END},
        key=lambda token: (words[token,][-1] if (token,) in words else np.inf, token),
    )
    word_nodes, word_ngrams = _nodes([*tokens, "", START, END], [*words, *entries])
    word_classes = np.full(len(word_nodes) + 1, NO_CLASS, np.int16)
    for entry, name in entries.items():
        word_classes[word_nodes[entry]] = number[name]

    scopes: dict[tuple[str, ...], Floats] = {}
    ngrams: dict[tuple[str, ...], Floats] = {}
    for feature, row in blocks["terms"].items():
        cue, under, act = feature.partition(">")
        # The mark of a text's start, <s>, has the sign too.
        if under and cue in terms.cues:
            scopes[cue, act] = row
        else:
            ngrams[tuple(feature.split(" "))] = row
    term_nodes, term_ngrams = _nodes([*classes, START, END], ngrams)
    pairs = {tuple(feature.split("&")): row for feature, row in blocks["pairs"].items()}
    width = len(labels) + 1
    arrays: dict[str, npt.NDArray[Any]] = {
        "words.ngrams": word_ngrams,
        "words.classes": word_classes,
        "words.weights": _at(word_nodes, words, width),
        "terms.ngrams": term_ngrams,
        "terms.weights": _at(term_nodes, ngrams, width),
        "terms.cues": np.array(
            [number[cue] for cue in sorted(terms.cues.intersection(classes))], np.int32
        ),
    }
    for name, block in (("scopes", scopes), ("pairs", pairs)):
        found = sorted((tuple(number[part] for part in parts), parts) for parts in block)
        arrays[f"{name}.pairs"] = np.array([at for at, _ in found], np.int32).reshape(-1, 2)
        arrays[f"{name}.weights"] = np.vstack(
            [*(block[parts] for _, parts in found), np.zeros(width)]
        )
    return ModelParts(
        labels=labels,
        thresholds=thresholds,
        curves=curves,
        intercept=classifier.intercept_.astype(np.float64),
        tables=Tables(recipe.settings, tokens, classes, len(labels), arrays),
        terms=terms,
        training=training,
    )


def _nodes(
    symbols: Sequence[str], ngrams: Iterable[tuple[str, ...]]
) -> tuple[dict[tuple[str, ...], int], npt.NDArray[np.int32]]:
    """Give a node to each n-gram and its beginnings, shorter ones first, as `Ngrams` wants them.

    Returns
    -------
    dict of tuple of str to int
        The node of each symbol and n-gram.
    int32 array (n_ngrams, 2)
        The prefix's node and the last symbol's of each n-gram, ascending.
    """
    nodes: dict[tuple[str, ...], int] = {(symbol,): at for at, symbol in enumerate(symbols)}
    by_length: dict[int, set[tuple[str, ...]]] = {}
    for ngram in ngrams:
        for length in range(2, len(ngram) + 1):
            by_length.setdefault(length, set()).add(ngram[:length])
    pairs: list[tuple[int, int]] = []
    for length in sorted(by_length):
        level = {(nodes[ngram[:-1]], nodes[ngram[-1:]]): ngram for ngram in by_length[length]}
        for pair in sorted(level):
            nodes[level[pair]] = len(symbols) + len(pairs)
            pairs.append(pair)
    return nodes, np.array(pairs, np.int32).reshape(-1, 2)


def _at(nodes: Mapping[tuple[str, ...], int], weights: Weights, width: int) -> Floats:
    """Lay the weights out by node, and end with a row of zeros."""
    rows = np.zeros((len(nodes) + 1, width))
    for feature, row in weights.items():
        rows[nodes[feature]] = row
    return rows
