"""What the repository's own corpus promises."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from spillover_training.corpus import read_rows

LABELED = Path(__file__).parents[1] / "data" / "labeled"
FIELDS = ["id", "item", "text", "labels", "region", "decade", "theme", "style"]
STYLES = [
    *("headline", "standfirst", "wire", "feature", "analysis", "liveblog", "caption", "fragment"),
    *("sitrep", "statement", "radio", "capitals", "local", "state-media", "other"),
]
THEMES = ["conflict", "near-miss", "ordinary"]
REGIONS = [
    *("africa", "americas", "europe", "former-soviet", "levant", "gulf"),
    *("south-asia", "east-asia", "world"),
]


@pytest.mark.parametrize("file", sorted(LABELED.glob("*.jsonl")), ids=lambda file: file.stem)
def test_every_row_has_the_fields_of_the_guidelines(file: Path) -> None:
    assert file.stat().st_size <= 2_000_000
    labels = list(json.loads((LABELED / "labels.json").read_text("utf-8")))
    numbers: Counter[str] = Counter()
    for line in file.read_text("utf-8").splitlines():
        row = json.loads(line)
        assert list(row) == FIELDS
        numbers[row["item"]] += 1
        assert row["id"].startswith(row["item"] + "-")
        assert row["labels"] == [label for label in labels if label in row["labels"]]
        assert row["style"] in STYLES
        assert row["theme"] in THEMES
        assert row["region"] in REGIONS
        assert row["decade"] in (1980, 1990, 2000, 2010, 2020)


def test_the_guidelines_name_every_style_and_region() -> None:
    guidelines = (LABELED / "GUIDELINES.md").read_text("utf-8")
    for name in (*STYLES, *THEMES, *REGIONS):
        assert name in guidelines


def test_one_row_in_ten_is_for_testing() -> None:
    splits = Counter(row.split for row in read_rows([str(LABELED)]))
    assert 0.08 < splits["test"] / splits.total() < 0.12
