"""A fitted pipeline to the arrays of a `Model`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from spillover.policy import Curve
from spillover.scorer import Block, ModelParts
from spillover.terms import TermClasses
from spillover_training.pipeline import Recipe


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
    union, classifier = fitted["features"], fitted["classifier"]
    blocks = {}
    start = 0
    for name in recipe.settings.blocks:
        tfidf = union[name]["tfidf"]
        end = start + len(tfidf.idf_)
        weights = recipe.weights[name] * tfidf.idf_[:, None] * classifier.coef_[:, start:end].T
        blocks[name] = Block(
            {feature: int(row) for feature, row in tfidf.vocabulary_.items()},
            weights.astype(np.float32),
            tfidf.idf_.astype(np.float32),
        )
        start = end
    return ModelParts(
        labels=labels,
        thresholds=thresholds,
        curves=curves,
        intercept=classifier.intercept_.astype(np.float64),
        blocks=blocks,
        settings=recipe.settings,
        terms=terms,
        training=training,
    )
