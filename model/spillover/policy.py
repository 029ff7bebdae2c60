"""Thresholds by what a user wants of them, from the curves that training measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spillover.errors import InputError, ModelError

GRID = tuple(percent / 100 for percent in range(1, 100))
"""The thresholds at which curves are measured."""

_GOALS = ("precision", "recall")


@dataclass(frozen=True)
class Curve:
    """Precision and recall of one label on cross-validated training predictions.

    Attributes
    ----------
    precision, recall : tuple of float
        At each threshold of `GRID`; precision is 1 where nothing reaches the threshold.
    """

    precision: tuple[float, ...]
    recall: tuple[float, ...]

    @classmethod
    def from_json(cls, values: Any) -> Curve:
        """Read a curve from a model's config.

        Raises
        ------
        ModelError
            If it is not two lists of shares, one for each threshold.
        """
        lists: list[Any] = [values.get(goal) for goal in _GOALS] if isinstance(values, dict) else []
        if not lists or not all(_is_shares(shares) for shares in lists):
            raise ModelError(f"config.json: a curve must give {len(GRID)} shares for {_GOALS}")
        precision, recall = lists
        return cls(tuple(precision), tuple(recall))

    def to_json(self) -> dict[str, list[float]]:
        """Return plain values."""
        return {goal: list(getattr(self, goal)) for goal in _GOALS}


def _is_shares(shares: Any) -> bool:
    return (
        isinstance(shares, list)
        and len(shares) == len(GRID)
        and all(type(share) in (float, int) and 0 <= share <= 1 for share in shares)
    )


def thresholds_for(policy: str, curves: Mapping[str, Curve]) -> dict[str, float]:
    """Return the threshold of each label that a policy asks for.

    Parameters
    ----------
    policy : str
        ``precision=P``: the lowest threshold from which precision is at least P, so that the most
        is found. ``recall=R``: the highest threshold with recall of at least R.
    curves : Mapping of str to Curve
        The curves by label.

    Returns
    -------
    dict of str to float
        The thresholds.

    Raises
    ------
    InputError
        If the policy is unknown, or no threshold reaches it; names the label and the best it has.
    """
    goal, _, wanted = policy.partition("=")
    try:
        share = float(wanted)
    except ValueError:
        share = -1.0
    if goal not in _GOALS or not 0 <= share <= 1:
        raise InputError(
            f"policy must be f1, precision=P or recall=R with P, R from 0 to 1, got {policy!r}"
        )
    if not curves:
        raise InputError("the model has no curves to choose thresholds by; train it again")
    choose = _lowest if goal == "precision" else _highest
    return {label: choose(label, getattr(curve, goal), share) for label, curve in curves.items()}


def _lowest(label: str, precision: Sequence[float], share: float) -> float:
    """Return the lowest threshold from which on precision is never below a share."""
    reached = None
    for threshold, value in reversed(list(zip(GRID, precision, strict=True))):
        if value < share:
            break
        reached = threshold
    if reached is None:
        raise InputError(
            f"label {label!r}: precision {share} is out of reach ({precision[-1]:.3f})"
        )
    return reached


def _highest(label: str, recall: Sequence[float], share: float) -> float:
    """Return the highest threshold at which recall, which falls with it, is at least a share."""
    reached = [threshold for threshold, value in zip(GRID, recall, strict=True) if value >= share]
    if not reached:
        raise InputError(f"label {label!r}: recall {share} is out of reach ({recall[0]:.3f})")
    return reached[-1]
