"""Labelled rows in, a model folder out: what ``spillover train`` runs."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import joblib
from sklearn.pipeline import Pipeline

from spillover import storage
from spillover.errors import InputError, ModelError
from spillover.scorer import Model, ModelParts
from spillover.terms import TermClasses
from spillover_training.card import card
from spillover_training.compile import compiled
from spillover_training.corpus import Row, as_dataset, fingerprint, neighbours
from spillover_training.evaluate import Evaluation, evaluate
from spillover_training.pipeline import Recipe, fit_features, pipeline
from spillover_training.search import curves, search, targets


def train(
    rows: Sequence[Row],
    labels: Mapping[str, str],
    out: Path,
    *,
    terms: TermClasses,
    jobs: int,
    progress: Callable[[int, int], None],
) -> tuple[Model, Evaluation | None]:
    """Train a model and write its folder and ``pipeline.joblib``.

    Parameters
    ----------
    rows : sequence of Row
        All rows; the model is fitted on the split ``train`` alone.
    labels : Mapping of str to str
        The labels, with what each means.
    out : Path
        The folder to write; it appears only when all is done. A model folder that is there already
        is replaced.
    terms : TermClasses
        The term classes.
    jobs : int
        Processes to use; the result does not depend on it.
    progress : callable
        Called with the number of steps done and their total.

    Returns
    -------
    Model
        The model as written.
    Evaluation or None
        On the split ``test``; None if it has no row.

    Raises
    ------
    InputError
        If the data are too few, or `out` is something else than a model folder.
    """
    if out.exists() and not _replaceable(out):
        raise InputError(f"{out}: is there already and is no model folder; name another --out")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.").cleanup()
    except OSError as error:
        raise InputError(f"{out}: cannot be written ({error.strerror or error})") from None
    fitted, parts = fit(rows, labels, terms=terms, jobs=jobs, progress=progress)
    test_rows = [row for row in rows if row.split == "test"]
    test = evaluate(Model(parts), test_rows) if test_rows else None
    if test:
        parts = replace(parts, training={**parts.training, "test": test.to_json()})
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as scratch:
        made = Path(scratch) / "model"
        model = storage.save(parts, made)
        (made / "README.md").write_text(card(model, test), "utf-8", newline="\n")
        joblib.dump(fitted, made / storage.PIPELINE, compress=3)
        if out.exists():
            shutil.move(out, Path(scratch) / "replaced")
        made.rename(out)
    return model, test


def fit(
    rows: Sequence[Row],
    labels: Mapping[str, str],
    *,
    terms: TermClasses,
    jobs: int,
    progress: Callable[[int, int], None],
    recipe: Recipe | None = None,
) -> tuple[Pipeline, ModelParts]:
    """Search, fit and compile a model on the split ``train`` of some rows.

    Parameters are those of `train`, and `recipe`; without it, that of the shipped model.

    Returns
    -------
    Pipeline
        The fitted scikit-learn pipeline.
    ModelParts
        The same, compiled.

    Raises
    ------
    InputError
        If the data are too few.
    """
    if not labels:
        raise InputError("no row carries a label; there is nothing to learn")
    recipe = recipe or Recipe()
    if len(set(terms.entries.values())) < 2:  # no two classes, no pairs
        recipe = replace(recipe, settings=replace(recipe.settings, pair_window=0))
    split = [row for row in rows if row.split == "train"]
    steps = 1 + len(labels)  # of the last fit: as many as of a fold
    texts = list(as_dataset(split)["text"])
    pairs = neighbours(split) if recipe.joined else []
    try:
        choice = search(
            split,
            labels,
            recipe,
            terms,
            jobs=jobs,
            progress=lambda done, total: progress(done, total + steps),
        )
        fitted = pipeline(
            recipe, terms, C=choice.strengths, slopes=choice.slopes, offsets=choice.offsets
        )
        learnt = fit_features(fitted["features"], texts, [pair.text for pair in pairs])
        fitted["classifier"].fit(learnt, targets([*split, *pairs], list(labels)))
    except ValueError as error:
        if "vocabulary" not in str(error) and "no terms remain" not in str(error):
            raise
        raise InputError(
            "too few rows, or too little in common between them: a feature must occur in "
            f"{recipe.min_df} training rows, and some kind of feature never does"
        ) from None
    progress(1, 1)
    training = {
        "data": fingerprint(rows),
        "rows": len(split),
        "items": len({row.item for row in split}),
        "folds": choice.n_folds,
        "searched_rows": len(choice.rows),
        "C": dict(zip(labels, choice.strengths, strict=True)),
        "cross_validated_f1": {
            label: round(f1, 4) for label, f1 in zip(labels, choice.f1, strict=True)
        },
    }
    parts = compiled(
        fitted,
        labels=labels,
        thresholds=dict(zip(labels, choice.thresholds, strict=True)),
        curves=curves(choice, labels),
        recipe=recipe,
        terms=terms,
        training=training,
    )
    return fitted, parts


def _replaceable(out: Path) -> bool:
    """Whether there is nothing at a path but what training wrote, or an empty folder."""
    if not out.is_dir():
        return False
    try:
        storage.load(out)
    except ModelError:
        return not any(out.iterdir())
    return True
