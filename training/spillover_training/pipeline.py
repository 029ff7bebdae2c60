"""The scikit-learn pipeline: TF-IDF blocks side by side, then one linear classifier a label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import scipy.sparse
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline
from threadpoolctl import threadpool_limits

from spillover.features import Analyzer, FeatureSettings
from spillover.tables import fourth_root
from spillover.terms import TermClasses

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Recipe:
    """What is fixed before a model is trained; the rest is searched.

    Attributes
    ----------
    settings : FeatureSettings
        What the blocks count.
    weights : Mapping of str to float
        What each block is multiplied by. Pairs overlap with the n-grams of terms; at half weight
        they cost no other block its say.
    min_df : int
        In how many training sentences a feature must occur; what only one or two have can hardly
        be learnt, only remembered.
    balanced : bool
        Whether rows with and without a label weigh the same in its classifier.
    joined : bool
        Whether each two neighbouring rows of an item are learnt from as one text, too.
    """

    settings: FeatureSettings = field(default_factory=FeatureSettings)
    weights: Mapping[str, float] = field(
        default_factory=lambda: {"words": 1.0, "terms": 1.0, "pairs": 0.5}
    )
    min_df: int = 3
    balanced: bool = True
    joined: bool = True


class ScaleBySum(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Divide each row by the fourth root of its sum.

    The L2 norm, and the square root of the sum, which is near it, take away from what one telling
    phrase counts for in a long sentence; no norm at all lets long sentences weigh too much. This
    stands between them, and did best in cross-validation over parts of the corpus. Unlike the L2
    norm it needs only sums over occurrences, which a scorer can keep a word at a time.

    Parameters
    ----------
    weight : float
        What each row is multiplied by afterwards.
    """

    def __init__(self, weight: float = 1.0) -> None:
        self.weight = weight

    def fit(self, rows: scipy.sparse.csr_matrix, y: object = None) -> Self:
        """Do nothing; there is nothing to learn."""
        return self

    def transform(self, rows: scipy.sparse.csr_matrix) -> scipy.sparse.csr_matrix:
        """Scale rows.

        Parameters
        ----------
        rows : sparse float64 array (n_texts, n_features)
            Not negative.

        Returns
        -------
        sparse float64 array (n_texts, n_features)
            The rows scaled; a row of zeros stays one.
        """
        sums = np.asarray(rows.sum(axis=1)).ravel()
        scales = np.divide(self.weight, fourth_root(sums), out=np.zeros_like(sums), where=sums > 0)
        return scipy.sparse.diags(scales) @ rows

    def __sklearn_is_fitted__(self) -> bool:
        return True


class CalibratedLinear(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """One L2-regularised logistic regression a label, with calibration folded in.

    Parameters
    ----------
    C : sequence of float
        Inverse regularisation strength a label.
    balanced : bool
        Whether rows with and without a label weigh the same.
    slopes, offsets : sequence of float, optional
        Platt scaling a label: the calibrated logit is ``slope * margin + offset``.

    Attributes
    ----------
    coef_ : float64 array (n_labels, n_features)
        Weights after calibration.
    intercept_ : float64 array (n_labels,)
        Intercepts after calibration.
    classes_ : int array (n_labels,)
        The columns of the labels.
    """

    def __init__(
        self,
        C: Sequence[float] = (1.0,),  # noqa: N803
        balanced: bool = True,
        slopes: Sequence[float] | None = None,
        offsets: Sequence[float] | None = None,
    ) -> None:
        self.C = C
        self.balanced = balanced
        self.slopes = slopes
        self.offsets = offsets

    def fit(self, rows: scipy.sparse.csr_matrix, y: Bools) -> Self:
        """Fit one classifier a column of `y`, a bool array (n_texts, n_labels)."""
        fitted = [
            fit_margin(rows, y[:, label], strength, self.balanced)
            for label, strength in enumerate(self.C)
        ]
        slopes = np.ones(len(fitted)) if self.slopes is None else np.asarray(self.slopes)
        offsets = np.zeros(len(fitted)) if self.offsets is None else np.asarray(self.offsets)
        self.coef_ = slopes[:, None] * np.vstack([one.coef_ for one in fitted])
        self.intercept_ = slopes * np.hstack([one.intercept_ for one in fitted]) + offsets
        self.classes_ = np.arange(len(fitted))
        return self

    def decision_function(self, rows: scipy.sparse.csr_matrix) -> Floats:
        """Return calibrated logits, float64 array (n_texts, n_labels)."""
        logits: Floats = np.asarray(rows @ self.coef_.T) + self.intercept_
        return logits

    def predict_proba(self, rows: scipy.sparse.csr_matrix) -> Floats:
        """Return calibrated probabilities, float64 array (n_texts, n_labels)."""
        probabilities: Floats = expit(self.decision_function(rows))
        return probabilities


def one_thread() -> AbstractContextManager[object]:
    """Hold BLAS to one thread: several add up in another order, and a model's digits would tell."""
    limited: AbstractContextManager[object] = threadpool_limits(limits=1, user_api="blas")
    return limited


def fit_margin(
    rows: scipy.sparse.csr_matrix, y: Bools, strength: float, balanced: bool
) -> LogisticRegression:
    """Fit one label's logistic regression, the same at every run.

    L-BFGS needs no copy of the rows, as LIBLINEAR does, and a third of its time, down to a tenth of
    scikit-learn's tolerance; at that tolerance itself margins are off by up to one.
    """
    model = LogisticRegression(
        C=strength,
        class_weight="balanced" if balanced else None,
        solver="lbfgs",
        tol=1e-5,
        max_iter=1000,
    )
    with one_thread():
        return model.fit(rows, y)


def fit_features(
    blocks: FeatureUnion, texts: Sequence[str], pairs: Sequence[str]
) -> scipy.sparse.csr_matrix:
    """Fit blocks on texts; return the features of these, and of pairs of neighbours after them.

    What is rare or common is counted in the texts alone; in pairs all would be.
    """
    found = blocks.fit_transform(texts)
    if pairs:
        found = scipy.sparse.vstack([found, blocks.transform(pairs)], format="csr")
    found.sum_duplicates()  # sorts, too: workers get the arrays read-only
    return found


def features(recipe: Recipe, terms: TermClasses) -> FeatureUnion:
    """Return the unfitted blocks, one TF-IDF vectoriser each, in the order of `BLOCKS`."""
    blocks = []
    for block in recipe.settings.blocks:
        analyzer = Analyzer(block, recipe.settings, terms)
        tfidf = TfidfVectorizer(analyzer=analyzer, norm=None, min_df=recipe.min_df)
        scale = ScaleBySum(recipe.weights[block])
        blocks.append((block, Pipeline([("tfidf", tfidf), ("scale", scale)])))
    return FeatureUnion(blocks)


def pipeline(recipe: Recipe, terms: TermClasses, **classifier: Any) -> Pipeline:
    """Return the unfitted pipeline; `classifier` are the parameters of `CalibratedLinear`."""
    linear = CalibratedLinear(balanced=recipe.balanced, **classifier)
    return Pipeline([("features", features(recipe, terms)), ("classifier", linear)])
