from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from spillover.errors import InputError
from spillover_training.corpus import Row, checked_row
from spillover_training.folds import item_folds
from spillover_training.search import targets


def row(item: int, *labels: str) -> Row:
    return checked_row({"text": f"text {item}", "labels": labels, "item": item}, f"x:{item}")


def folds(rows: list[Row], *labels: str) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    return item_folds(rows, targets(rows, labels), labels)


def test_an_item_stays_in_one_fold_and_each_fold_has_the_rare_label() -> None:
    rows = [row(item, *["rare"] * (item < 4)) for item in range(20) for _ in range(3)]
    found = folds(rows, "rare")
    assert set(found) == {0, 1, 2, 3}
    for item in range(20):
        assert len(set(found[3 * item : 3 * item + 3])) == 1
    assert {found[3 * item] for item in range(4)} == {0, 1, 2, 3}


def test_folds_do_not_depend_on_the_order_of_the_rows() -> None:
    rows = [row(item, *["a"] * (item % 3 == 0)) for item in range(20)]
    assert folds(rows, "a")[::-1].tolist() == folds(rows[::-1], "a").tolist()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (lambda: [row(1, "a")], r"the training split has 1 item\(s\)"),
        (lambda: [row(1, "a"), row(2), row(3)], "label 'a': the training split has 1 item.* with"),
        (lambda: [row(1), row(2), row(3)], "label 'a': the training split has 0 item.* with "),
        (lambda: [row(1, "a"), row(2, "a")], "label 'a': the training split has 0 item.* without"),
    ],
)
def test_too_little_data_says_what_is_missing(rows: Callable[[], list[Row]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        folds(rows(), "a")
