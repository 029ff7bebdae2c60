"""Signals of war in news text, sentence by sentence.

>>> import spillover
>>> spillover.score("Rockets hit the port, killing three.")  # doctest: +SKIP
{'military_strike': 0.98, 'casualty_report': 0.97, ...}
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from os import PathLike
from typing import TYPE_CHECKING, Any, overload

from spillover.version import __version__

if TYPE_CHECKING:
    from spillover.scorer import Model
    from spillover.sentences import Document, Sentence

    LABELS: tuple[str, ...]
    """The labels of the shipped model."""

__all__ = ["LABELS", "Document", "Model", "Sentence", "__version__", "load", "score"]


def load(path: str | PathLike[str] | None = None, policy: str | None = None) -> Model:
    """Load a model.

    Parameters
    ----------
    path : str or path-like, optional
        A model folder, as ``spillover train`` writes it; by default the shipped model.
    policy : str, optional
        What the thresholds are for: ``f1`` (the default), ``precision=P`` or ``recall=R``.

    Returns
    -------
    Model
        Ready to score.

    Raises
    ------
    spillover.errors.ModelError
        If the folder is missing, damaged, or of another format.
    spillover.errors.InputError
        If the policy is unknown or out of reach.
    """
    from pathlib import Path

    from spillover import storage

    model = _shipped() if path is None else storage.load(Path(path))
    return model if policy is None else model.with_policy(policy)


@cache
def _shipped() -> Model:
    from spillover import storage

    return storage.load(storage.PRETRAINED)


@overload
def score(texts: str) -> dict[str, float]: ...  # type: ignore[overload-overlap]
@overload
def score(texts: Iterable[str]) -> list[dict[str, float]]: ...
def score(texts: str | Iterable[str]) -> dict[str, float] | list[dict[str, float]]:
    """Score sentences with the shipped model.

    Parameters
    ----------
    texts : str or iterable of str
        One sentence, or several.

    Returns
    -------
    dict of str to float, or list of such
        The calibrated probability of each label; a list if an iterable came.

    Raises
    ------
    TypeError
        If `texts` is neither, or holds what is no str.
    """
    if isinstance(texts, bytes) or not isinstance(texts, Iterable):
        raise TypeError(f"texts must be str or an iterable of str, got {type(texts).__name__}")
    model = load()
    many = [texts] if isinstance(texts, str) else list(texts)
    rows = model.predict_proba(many).tolist()
    scores = [dict(zip(model.labels, row, strict=True)) for row in rows]
    return scores[0] if isinstance(texts, str) else scores


_MODULES = {"Model": "scorer", "Document": "sentences", "Sentence": "sentences"}


def __getattr__(name: str) -> Any:
    """Import or read when asked for, so that importing this package takes no time."""
    if name in _MODULES:
        return getattr(import_module(f"spillover.{_MODULES[name]}"), name)
    if name == "LABELS":
        return load().labels
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
