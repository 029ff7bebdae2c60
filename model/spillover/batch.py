"""Many texts at once: the model's sums over features, computed in numpy for a whole batch.

What `single` does a token at a time is done here for all tokens of all texts, a step at a time.
Both add the same weights, which are whole multiples of `tables.UNIT`: their sums are exact, so that
neither the order nor the size of a batch changes a bit of a score.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from spillover.chunks import Chunks, run_totals
from spillover.ngrams import Ngrams
from spillover.tables import NO_CLASS, Floats, Sums, Tables

Int32s = npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]

_KEPT_CHUNKS = 1 << 17


class BatchScorer:
    """Sums over features for batches of texts.

    Parameters
    ----------
    tables : Tables
        The model's vocabulary and weights.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._chunks = Chunks(tables.token_ids, tables.unknown)

    def sums(self, texts: Sequence[str]) -> Sums:
        """Add up the weights of the texts' features."""
        chunks = self._chunks
        ids, counts = chunks.token_ids(texts)
        if len(chunks) > _KEPT_CHUNKS:  # others may still read the old one
            self._chunks = Chunks(self._tables.token_ids, self._tables.unknown)
        known = self._tables.known.take(ids)
        flat, starts = _fenced(ids, counts, self._tables.start, self._tables.end)
        words, at, classes = self._words(flat)
        blocks = [np.add.reduceat(words, starts, axis=0)]
        text = np.repeat(np.arange(len(texts)), counts + 2).take(at)
        blocks += self._terms(classes, at, text, len(texts))
        return Sums(blocks, counts, run_totals(known, counts))

    def _words(self, flat: Int32s) -> tuple[Floats, Ints, Int32s]:
        """Return the weights at each token, and where terms begin and of what class they are."""
        ngrams, weights = self._tables.word_ngrams, self._tables.word_weights
        sums = weights.take(flat, axis=0)
        classes = self._tables.word_classes.take(flat)
        lengths = np.ones(len(flat), np.int64)
        for length, at, nodes in _known(ngrams, flat):
            _add(sums, at, weights.take(nodes, axis=0))
            terms = self._tables.word_classes.take(nodes)
            found = np.flatnonzero(terms != NO_CLASS)
            classes[at[found]], lengths[at[found]] = terms[found], length
        at = np.flatnonzero(classes != NO_CLASS)
        at = at.take(_leftmost(at, lengths.take(at)))
        return sums, at, classes.take(at).astype(np.int32)

    def _terms(self, classes: Int32s, at: Ints, text: Ints, n_texts: int) -> list[Floats]:
        tables = self._tables
        if tables.settings.term_ngrams == 0 and tables.settings.pair_window == 0:
            return []
        scopes = tables.scope_weights.take(self._under_cues(classes, at, text), axis=0)
        # Runs of one class count once.
        new = np.ones(len(at), bool)
        new[1:] = (classes[1:] != classes[:-1]) | (text[1:] != text[:-1])
        scope_sums = _run_sums(scopes, text, n_texts)
        first = np.flatnonzero(new)
        classes, text = classes.take(first), text.take(first)
        blocks = []
        if tables.settings.term_ngrams:
            counts = np.bincount(text, minlength=n_texts)
            flat, starts = _fenced(classes, counts, tables.class_start, tables.class_end)
            ngrams, weights = tables.term_ngrams, tables.term_weights
            sums = weights.take(flat, axis=0)
            for _, where, nodes in _known(ngrams, flat):
                _add(sums, where, weights.take(nodes, axis=0))
            blocks.append(np.add.reduceat(sums, starts, axis=0) + scope_sums)
        if tables.settings.pair_window:
            n_classes, no_pair = len(tables.classes), np.int32(len(tables.pair_weights) - 1)
            pairs = np.zeros((len(text), tables.pair_weights.shape[1]))
            for apart in range(1, min(tables.settings.pair_window, len(text) - 1) + 1):
                of_two_texts = text[apart:] != text[:-apart]
                rows = tables.pair_rows.take(classes[:-apart] * n_classes + classes[apart:])
                rows += (no_pair - rows) * of_two_texts
                pairs[:-apart] += tables.pair_weights.take(rows, axis=0)
            blocks.append(_run_sums(pairs, text, n_texts))
        return blocks

    def _under_cues(self, classes: Int32s, at: Ints, text: Ints) -> Int32s:
        """Return the row of each term as an act under the last cue before it."""
        tables = self._tables
        cues = tables.is_cue.take(classes)
        last = np.maximum.accumulate(np.where(cues, np.arange(len(at)), -1))
        under = np.flatnonzero(
            ~cues
            & (last >= 0)
            & (text.take(last) == text)
            & (at - at.take(last) <= tables.settings.scope_window)
        )
        rows = np.full(len(at), tables.no_scope, np.int32)
        cue, act = classes.take(last.take(under)), classes.take(under)
        rows[under] = tables.scope_rows.take(cue * len(tables.classes) + act)
        return rows


def _fenced(symbols: Int32s, counts: Ints, start: int, end: int) -> tuple[Int32s, Ints]:
    """Put `start` and `end` around each text's symbols; return also where each text begins."""
    ends = np.cumsum(counts + 2)
    starts = ends - counts - 2
    flat = np.empty(len(symbols) + 2 * len(counts), np.int32)
    inner = np.ones(len(flat), bool)
    inner[starts] = inner[ends - 1] = False
    flat[inner], flat[starts], flat[ends - 1] = symbols, start, end
    return flat, starts


def _known(ngrams: Ngrams, flat: Int32s) -> Iterator[tuple[int, Ints, Ints]]:
    """Yield for each length from 2 where n-grams may begin, and their nodes or `missing`."""
    at, nodes, length = np.arange(len(flat) - 1), flat[:-1].astype(np.int64), 2
    while len(at):
        nodes = ngrams.find(nodes, flat.take(at + (length - 1))).astype(np.int64)
        if length > 2:  # most are unknown; of those of two most are known
            known = np.flatnonzero(nodes != ngrams.missing)
            at, nodes = at[known], nodes[known]
        yield length, at, nodes
        # Never past the end of a text: nothing follows it.
        longer = np.flatnonzero(ngrams.has_children.take(nodes))
        at, nodes, length = at[longer], nodes[longer], length + 1


def _add(sums: Floats, at: Ints, rows: Floats) -> None:
    """Add rows in their places; those of n-grams of two are nearly all places."""
    if len(at) == len(sums) - 1:
        sums[:-1] += rows
    else:
        sums[at] += rows


def _leftmost(at: Ints, lengths: Ints) -> Ints:
    """Return which terms are the leftmost of those that may overlap."""
    long = np.flatnonzero(lengths > 1)
    stops = np.searchsorted(at, at[long] + lengths[long])
    # Which of the long ones are covered by one before them; seldom any, so that only where they
    # overlap is there a walk.
    clash = np.zeros(len(long) + 1, bool)
    clash[1:-1] = long[1:] < np.maximum.accumulate(stops)[:-1]
    walked = np.flatnonzero(clash[1:] | clash[:-1])
    taken = np.ones(len(long), bool)
    done = 0
    for which, term, stop in zip(
        walked.tolist(), long[walked].tolist(), stops[walked].tolist(), strict=True
    ):
        taken[which] = term >= done
        if term >= done:
            done = stop
    covers = np.zeros(len(at) + 1, np.int8)
    covers[long[taken] + 1] = 1
    covers[stops[taken]] -= 1
    return np.flatnonzero(np.cumsum(covers[:-1], dtype=np.int8) == 0)


def _run_sums(rows: Floats, text: Ints, n_texts: int) -> Floats:
    """Add up the rows of each text; a text without one has zeros."""
    sums = np.zeros((n_texts, rows.shape[1]))
    if len(text):
        begins = np.flatnonzero(np.concatenate([[True], text[1:] != text[:-1]]))
        sums[text[begins]] = np.add.reduceat(rows, begins, axis=0)
    return sums
