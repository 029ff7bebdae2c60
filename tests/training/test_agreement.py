from __future__ import annotations

import json
from pathlib import Path

import pytest

from spillover.errors import InputError
from spillover_training.agreement import agreement


def written(path: Path, *pairs: tuple[object, object]) -> str:
    rows = [{"first": first, "second": second} for first, second in pairs]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_f1_and_kappa(tmp_path: Path) -> None:
    pairs = [(["a"], ["a"]), (["a"], []), ([], []), (["b"], ["b"])]
    result = agreement(written(tmp_path / "in.jsonl", *pairs))
    assert result.n_rows == 4
    assert (result.labels["a"].first, result.labels["a"].second) == (2, 1)
    assert result.labels["a"].f1 == pytest.approx(2 / 3)
    assert result.labels["a"].kappa == pytest.approx(0.5)  # 3/4 observed, 1/2 by chance
    assert result.labels["b"].f1 == 1.0
    assert result.macro_f1 == pytest.approx(5 / 6)
    assert "| a | 2 | 1 | 0.667 | 0.500 |" in result.to_table()


def test_faulty_rows_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"in\.jsonl:2: 'second' must be a list of labels"):
        agreement(written(tmp_path / "in.jsonl", ([], []), ([], "a")))
    with pytest.raises(InputError, match="no row carries a label"):
        agreement(written(tmp_path / "in.jsonl", ([], [])))
