"""Hyperparameters, calibration and thresholds by cross-validation grouped by item."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass

import numpy as np
import scipy.sparse
from joblib import Parallel, delayed
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, precision_recall_curve

from spillover.errors import WorkerError
from spillover.policy import GRID, Curve
from spillover.processes import end_with
from spillover.terms import TermClasses
from spillover_training.corpus import Row, neighbours
from spillover_training.folds import Folds, item_folds, sampled
from spillover_training.pipeline import (
    Bools,
    Floats,
    Recipe,
    features,
    fit_features,
    fit_margin,
    one_thread,
)

STRENGTHS = (0.025, 0.05, 0.1, 0.2)
"""Candidates for C, the inverse regularisation strength; the smallest regularises most."""

_AS_GOOD = 0.001
"""Thresholds whose F1 differs by no more than this are as good as each other."""


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
    WorkerError
        If a process dies.
    """
    sample, names = sampled(rows), list(labels)
    y = targets(sample, names)
    named = "the training split" if len(sample) == len(rows) else "the sample that is searched"
    folds = item_folds(sample, y, names, named)
    n_folds = int(folds.max()) + 1
    margins = _out_of_fold(
        sample, y, folds, recipe, terms, labels=names, jobs=jobs, progress=progress
    )
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


def _out_of_fold(
    rows: Sequence[Row],
    y: Bools,
    folds: Folds,
    recipe: Recipe,
    terms: TermClasses,
    *,
    labels: Sequence[str],
    jobs: int,
    progress: Callable[[int, int], None],
) -> Floats:
    """Return each row's margins by those fits that saw none of its item.

    Returns
    -------
    float64 array (n_strengths, n_rows, n_labels)
        The margins.

    Raises
    ------
    WorkerError
        If a process dies.
    """
    n_folds = int(folds.max()) + 1
    pairs = neighbours(rows) if recipe.joined else []
    fold_of = dict(zip((row.item for row in rows), folds.tolist(), strict=True))
    pair_folds = np.array([fold_of[pair.item] for pair in pairs], dtype=np.intp)
    learnt_y = np.vstack([y, targets(pairs, labels).reshape(-1, len(labels))])
    learnt_folds = np.concatenate([folds, pair_folds])
    margins = np.empty((len(STRENGTHS), *y.shape))
    done, total = 0, n_folds * (1 + len(labels))
    progress(done, total)
    try:
        with Parallel(
            n_jobs=jobs, return_as="generator", initializer=end_with, initargs=(os.getpid(),)
        ) as parallel:
            matrices = []
            for fold_matrices in parallel(
                delayed(_matrices)(
                    [row.text for row, its in zip(rows, folds, strict=True) if its != fold],
                    [pair.text for pair, its in zip(pairs, pair_folds, strict=True) if its != fold],
                    [row.text for row, its in zip(rows, folds, strict=True) if its == fold],
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
    except BrokenExecutor:
        raise WorkerError from None
    return margins


def _matrices(
    texts: Sequence[str],
    pairs: Sequence[str],
    held_out: Sequence[str],
    recipe: Recipe,
    terms: TermClasses,
) -> tuple[scipy.sparse.csr_matrix, scipy.sparse.csr_matrix]:
    """Return the features of what is learnt from and of the others, by the texts' vocabulary."""
    blocks = features(recipe, terms)
    return fit_features(blocks, texts, pairs), blocks.transform(held_out)


def _margins(
    train: scipy.sparse.csr_matrix, held_out: scipy.sparse.csr_matrix, y: Bools, balanced: bool
) -> Floats:
    """Return the margins of the held-out rows, float64 array (n_strengths, n_held_out)."""
    return np.stack(
        [fit_margin(train, y, each, balanced).decision_function(held_out) for each in STRENGTHS]
    )


def _calibrated(margin: Floats, y: Bools) -> tuple[float, float, float]:
    """Return slope and offset of Platt scaling, and the threshold in probabilities."""
    with one_thread():
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
