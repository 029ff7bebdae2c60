"""Hyperparameters, calibration and thresholds by cross-validation grouped by item."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse
from joblib import Parallel, delayed
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, precision_recall_curve

from spillover.errors import InputError
from spillover.policy import GRID, Curve
from spillover.terms import TermClasses
from spillover_training.corpus import Row, neighbours
from spillover_training.pipeline import Bools, Floats, Recipe, features, fit_margin

STRENGTHS = (0.025, 0.05, 0.1, 0.2)
"""Candidates for C, the inverse regularisation strength; the smallest regularises most."""

_AS_GOOD = 0.001
"""Thresholds whose F1 differs by no more than this are as good as each other."""

FOLDS = 4
SEARCHED_ROWS = 200_000
"""Above this many rows the search runs on a sample of the items."""

Folds = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Choice:
    """What cross-validation chose, one entry a label.

    Attributes
    ----------
    strengths : tuple of float
        C of the logistic regression.
    slopes, offsets : tuple of float
        Platt scaling of its margin.
    thresholds : tuple of float
        The calibrated probability of the best F1.
    f1 : tuple of float
        That F1, on out-of-fold predictions.
    n_folds : int
        How many folds there were.
    rows : sequence of Row
        The rows that took part.
    probabilities : float64 array (n_rows, n_labels)
        Their out-of-fold calibrated probabilities.
    """

    strengths: tuple[float, ...]
    slopes: tuple[float, ...]
    offsets: tuple[float, ...]
    thresholds: tuple[float, ...]
    f1: tuple[float, ...]
    n_folds: int
    rows: Sequence[Row]
    probabilities: Floats


def targets(rows: Sequence[Row], labels: Sequence[str]) -> Bools:
    """Return which row carries which label, bool array (n_rows, n_labels)."""
    return np.array([[label in row.labels for label in labels] for row in rows], dtype=bool)


def search(
    rows: Sequence[Row],
    labels: Mapping[str, str],
    recipe: Recipe,
    terms: TermClasses,
    *,
    jobs: int,
    progress: Callable[[int, int], None],
) -> Choice:
    """Choose C by macro-F1, then calibrate and choose the thresholds on the same margins.

    C is the smallest whose macro-F1 is within one standard error of the best (Breiman et al. 1984,
    "Classification and regression trees", section 3.4.3): what the folds cannot tell apart, text
    from elsewhere often can. Every margin is that of a model that saw no sentence of the same
    item; pairs of neighbours are learnt from, but not judged on. Calibration is Platt scaling
    (Platt 1999, "Probabilistic outputs for support vector machines", section 2.2) without its
    smoothed targets, which matter only for few examples.

    Parameters
    ----------
    rows : sequence of Row
        The training rows.
    labels : Mapping of str to str
        The labels in order.
    recipe : Recipe
        What is fixed.
    terms : TermClasses
        The term classes.
    jobs : int
        Processes to use.
    progress : callable
        Called with the number of fits done and their total.

    Returns
    -------
    Choice
        The same whatever `jobs` is.

    Raises
    ------
    InputError
        If the data are too few to cross-validate; says what is missing.
    """
    sample = _sampled(rows)
    y = targets(sample, list(labels))
    folds = item_folds(sample, y, list(labels))
    n_folds = int(folds.max()) + 1
    pairs = neighbours(sample) if recipe.joined else []
    fold_of = dict(zip((row.item for row in sample), folds.tolist(), strict=True))
    pair_folds = np.array([fold_of[pair.item] for pair in pairs], dtype=np.intp)
    learnt_y = np.vstack([y, targets(pairs, list(labels)).reshape(-1, y.shape[1])])
    learnt_folds = np.concatenate([folds, pair_folds])
    margins = np.empty((len(STRENGTHS), *y.shape))
    done, total = 0, n_folds * (1 + len(labels))
    progress(done, total)
    with Parallel(n_jobs=jobs, return_as="generator") as parallel:
        matrices = []
        for fold_matrices in parallel(
            delayed(_matrices)(
                [row.text for row, its in zip(sample, folds, strict=True) if its != fold],
                [pair.text for pair, its in zip(pairs, pair_folds, strict=True) if its != fold],
                [row.text for row, its in zip(sample, folds, strict=True) if its == fold],
                recipe,
                terms,
            )
            for fold in range(n_folds)
        ):
            matrices.append(fold_matrices)
            done += 1
            progress(done, total)
        tasks = [(fold, label) for fold in range(n_folds) for label in range(len(labels))]
        fitted = parallel(
            delayed(_margins)(
                *matrices[fold], learnt_y[learnt_folds != fold, label], recipe.balanced
            )
            for fold, label in tasks
        )
        for (fold, label), held_out in zip(tasks, fitted, strict=True):
            margins[:, folds == fold, label] = held_out
            done += 1
            progress(done, total)
    best = [
        [_best_f1(each, y[:, label]) for label, each in enumerate(margin.T)] for margin in margins
    ]
    f1 = np.array([[found for _, found in row] for row in best])
    top = int(np.argmax(f1.mean(axis=1)))
    reached = margins[top] >= np.array([cut for cut, _ in best[top]])
    by_fold = [
        f1_score(y[folds == fold], reached[folds == fold], average="macro", zero_division=0.0)
        for fold in range(n_folds)
    ]
    enough = f1[top].mean() - np.std(by_fold, ddof=1) / np.sqrt(n_folds)
    # One C for all labels: label by label, the folds of a scarce one leave it to chance.
    chosen = int(np.argmax(f1.mean(axis=1) >= enough))
    calibrated = [_calibrated(each, y[:, label]) for label, each in enumerate(margins[chosen].T)]
    slopes, offsets, thresholds = map(tuple, zip(*calibrated, strict=True))
    logits = np.array(slopes) * margins[chosen] + np.array(offsets)
    return Choice(
        (STRENGTHS[chosen],) * len(labels),
        slopes,
        offsets,
        thresholds,
        tuple(f1[chosen].tolist()),
        n_folds,
        sample,
        expit(logits),
    )


def curves(choice: Choice, labels: Iterable[str]) -> dict[str, Curve]:
    """Return precision and recall of the out-of-fold probabilities at each threshold of a grid."""
    y = targets(choice.rows, list(labels))
    reached = choice.probabilities[:, :, None] >= np.array(GRID)
    hits = (reached & y[:, :, None]).sum(axis=0)
    precision = np.where(reached.any(axis=0), hits / np.maximum(reached.sum(axis=0), 1), 1.0)
    recall = hits / y.sum(axis=0)[:, None]
    return {
        label: Curve(
            tuple(precision[number].round(4).tolist()), tuple(recall[number].round(4).tolist())
        )
        for number, label in enumerate(labels)
    }


def item_folds(rows: Sequence[Row], y: Bools, labels: Sequence[str]) -> Folds:
    """Deal the items out to folds, those of the rarest label first, so that each fold has some.

    Parameters
    ----------
    rows : sequence of Row
        The rows.
    y : bool array (n_rows, n_labels)
        Which row carries which label.
    labels : sequence of str
        The labels' names, for messages.

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
            f"the training split has {len(items)} item(s); cross-validation needs at least 2: "
            "give rows of more items, or drop the column 'item' to let each text be its own"
        )
    carries = np.array([y[numbers].any(axis=0) for numbers in items.values()])
    lacks = np.array([(~y[numbers]).any(axis=0) for numbers in items.values()])
    for label, name in enumerate(labels):
        for which, found in (("with", carries[:, label].sum()), ("without", lacks[:, label].sum())):
            if found < 2:
                raise InputError(
                    f"label {name!r}: the training split has {found} item(s) with a row {which} "
                    "it; cross-validation needs at least 2"
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


def _sampled(rows: Sequence[Row]) -> Sequence[Row]:
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


def _matrices(
    texts: Sequence[str],
    pairs: Sequence[str],
    held_out: Sequence[str],
    recipe: Recipe,
    terms: TermClasses,
) -> tuple[scipy.sparse.csr_matrix, scipy.sparse.csr_matrix]:
    """Return the features of what is learnt from and of the others, by the texts' vocabulary."""
    union = features(recipe, terms).fit(texts)
    found = union.transform([*texts, *pairs]).tocsr(), union.transform(held_out).tocsr()
    for matrix in found:
        # Workers get the arrays read-only, and scikit-learn would sort them in place.
        matrix.sum_duplicates()
    return found


def _margins(
    train: scipy.sparse.csr_matrix, held_out: scipy.sparse.csr_matrix, y: Bools, balanced: bool
) -> Floats:
    """Return the margins of the held-out rows, float64 array (n_strengths, n_held_out)."""
    return np.stack(
        [fit_margin(train, y, each, balanced).decision_function(held_out) for each in STRENGTHS]
    )


def _calibrated(margin: Floats, y: Bools) -> tuple[float, float, float]:
    """Return slope and offset of Platt scaling, and the threshold in probabilities."""
    platt = LogisticRegression(C=np.inf, solver="lbfgs", max_iter=1000).fit(margin[:, None], y)
    slope, offset = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    return slope, offset, float(expit(slope * _best_f1(margin, y)[0] + offset))


def _best_f1(margin: Floats, y: Bools) -> tuple[float, float]:
    """Return the margin that separates best by F1, and that F1.

    F1 is nearly flat about its best, and its highest point moves with every few rows: what is
    taken is the middle of the margins that do about as well.
    """
    precision, recall, cuts = precision_recall_curve(y, margin)
    f1 = (2 * precision * recall / np.maximum(precision + recall, 1e-12))[:-1]
    best = float(f1.max())
    good = np.flatnonzero(f1 >= best - _AS_GOOD)
    below = cuts[max(good[0] - 1, 0)]
    return float(below + cuts[good[-1]]) / 2, best
