"""One text at a time, in plain Python: for small calls, where arrays cost more than they save."""

from __future__ import annotations

import numpy as np

from spillover.tables import NO_CLASS, Floats, Sums, Tables
from spillover.text import tokens

Terms = list[tuple[int, int]]


def single_sums(tables: Tables, text: str) -> Sums:
    """Add up the weights of a text's features: to the last bit what `BatchScorer.sums` gives."""
    ids = tables.token_ids
    words = [ids.get(token, tables.unknown) for token in tokens(text)]
    nodes, terms = _walk(tables, words)
    blocks = [_sum(tables.word_weights, nodes)]
    classes = [name for _, name in terms]
    # Runs of one class count once.
    classes = [name for at, name in enumerate(classes) if not at or name != classes[at - 1]]
    if tables.settings.term_ngrams:
        fenced = [tables.class_start, *classes, tables.class_end]
        ngrams = tables.term_ngrams.walk(fenced)
        blocks.append(
            _sum(tables.term_weights, [node for _, _, node in ngrams])
            + _sum(tables.scope_weights, _scopes(tables, terms))
        )
    if tables.settings.pair_window:
        blocks.append(_sum(tables.pair_weights, _pairs(tables, classes)))
    known = np.count_nonzero(tables.known.take(words)) if words else 0
    return Sums([block[None] for block in blocks], np.array([len(words)]), np.array([known]))


def _sum(weights: Floats, rows: list[int]) -> Floats:
    total: Floats = np.add.reduce(weights.take(rows, axis=0)) if rows else weights[-1]
    return total


def _walk(tables: Tables, words: list[int]) -> tuple[list[int], Terms]:
    """Return the nodes of all n-grams, and of the terms where they begin and their classes."""
    class_of = tables.word_classes.data  # indexed, it gives a plain int; an array would not
    nodes, candidates = [], {}
    for at, length, node in tables.word_ngrams.walk([tables.start, *words, tables.end]):
        nodes.append(node)
        if class_of[node] != NO_CLASS:
            candidates[at] = class_of[node], length  # of several, the longest stays
    terms, done = [], 0
    for at, (name, length) in candidates.items():
        if at >= done:
            terms.append((at, name))
            done = at + length
    return nodes, terms


def _scopes(tables: Tables, terms: Terms) -> list[int]:
    """Return the rows of acts under the last cue before them."""
    rows, cue, cue_at = [], NO_CLASS, 0
    is_cue, scope_rows = tables.is_cue.data, tables.scope_rows.data
    for at, name in terms:
        if is_cue[name]:
            cue, cue_at = name, at
        elif cue != NO_CLASS and at - cue_at <= tables.settings.scope_window:
            rows.append(scope_rows[cue, name])
    return rows


def _pairs(tables: Tables, classes: list[int]) -> list[int]:
    rows = tables.pair_rows.data
    window = tables.settings.pair_window
    return [
        rows[name, other]
        for at, name in enumerate(classes)
        for other in classes[at + 1 : at + 1 + window]
    ]
