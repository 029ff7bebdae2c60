"""Which items take part in cross-validation, and in which fold."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from spillover.errors import InputError
from spillover_training.corpus import Row
from spillover_training.pipeline import Bools

FOLDS = 4
SEARCHED_ROWS = 200_000
"""Above this many rows the search runs on a sample of the items."""

Folds = npt.NDArray[np.intp]


def sampled(rows: Sequence[Row]) -> Sequence[Row]:
    """Return all rows, or those of items as there is room for, in the order of their hash."""
    if len(rows) <= SEARCHED_ROWS:
        return rows
    sizes: dict[str, int] = {}
    for row in rows:
        sizes[row.item] = sizes.get(row.item, 0) + 1
    kept, size = set(), 0
    for item in sorted(sizes, key=lambda item: hashlib.sha256(item.encode()).digest()):
        if size + sizes[item] <= SEARCHED_ROWS:
            size += sizes[item]
            kept.add(item)
    return [row for row in rows if row.item in kept]


def item_folds(
    rows: Sequence[Row], y: Bools, labels: Sequence[str], named: str = "the training split"
) -> Folds:
    """Deal the items out to folds, those of the rarest label first, so that each fold has some.

    Parameters
    ----------
    rows : sequence of Row
        The rows.
    y : bool array (n_rows, n_labels)
        Which row carries which label.
    labels : sequence of str
        The labels' names, for messages.
    named : str
        What the rows are, for messages.

    Returns
    -------
    int array (n_rows,)
        The fold of each row, from 0.

    Raises
    ------
    InputError
        If a label has too few rows or items with it, or without it.
    """
    items: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        items.setdefault(row.item, []).append(number)
    if len(items) < 2:
        raise InputError(
            f"{named} has {len(items)} item(s); cross-validation needs at least 2: "
            "give rows of more items, or drop the column 'item' to let each text be its own"
        )
    carries = np.array([y[numbers].any(axis=0) for numbers in items.values()])
    lacks = np.array([(~y[numbers]).any(axis=0) for numbers in items.values()])
    for label, name in enumerate(labels):
        for which, found in (("with", carries[:, label].sum()), ("without", lacks[:, label].sum())):
            if found < 2:
                raise InputError(
                    f"label {name!r}: {named} has {found} item(s) with a row {which} it; "
                    "cross-validation needs at least 2"
                )
    n_folds = min(FOLDS, len(items))
    by_rarity = np.argsort(carries.sum(axis=0), kind="stable")
    rarest = np.where(
        carries[:, by_rarity].any(axis=1), carries[:, by_rarity].argmax(axis=1), len(labels)
    )
    hashes = [hashlib.sha256(item.encode()).digest() for item in items]
    order = sorted(range(len(items)), key=lambda item: (rarest[item], hashes[item]))
    folds = np.empty(len(rows), dtype=np.intp)
    numbers_of = list(items.values())
    for place, item in enumerate(order):
        folds[numbers_of[item]] = place % n_folds
    for fold in range(n_folds):
        for label, name in enumerate(labels):
            if len(np.unique(y[folds != fold, label])) < 2:
                raise InputError(
                    f"label {name!r}: too few rows to cross-validate; "
                    "give more items with it and without it"
                )
    return folds
