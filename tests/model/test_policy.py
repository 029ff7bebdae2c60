from __future__ import annotations

import pytest

from spillover.errors import InputError, ModelError
from spillover.policy import GRID, Curve, thresholds_for

# Precision rises to 0.98 and recall falls to 0.01, but for a dip of precision at 0.90.
CURVE = Curve(
    tuple(0.5 if at == 0.9 else min(at, 0.98) for at in GRID), tuple(1 - at for at in GRID)
)


def test_precision_holds_from_the_threshold_on() -> None:
    assert thresholds_for("precision=0.95", {"a": CURVE}) == {"a": 0.95}
    assert thresholds_for("precision=0.6", {"a": CURVE}) == {"a": 0.91}  # past the dip
    assert thresholds_for("precision=0.5", {"a": CURVE}) == {"a": 0.5}


def test_recall_is_kept_by_the_highest_threshold() -> None:
    assert thresholds_for("recall=0.75", {"a": CURVE}) == {"a": 0.25}


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("best", "policy must be f1, precision=P or recall=R"),
        ("precision=high", "got 'precision=high'"),
        ("recall=2", "got 'recall=2'"),
        ("recall=1.0", r"label 'a': recall 1.0 is out of reach \(0.990\)"),
        ("precision=0.99", r"label 'a': precision 0.99 is out of reach \(0.980\)"),
    ],
)
def test_wrong_policies(policy: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        thresholds_for(policy, {"a": CURVE})


def test_curves_read_back() -> None:
    assert Curve.from_json(CURVE.to_json()) == CURVE
    with pytest.raises(ModelError, match="a curve must give 99 shares"):
        Curve.from_json({"precision": [1.0], "recall": [1.0]})
