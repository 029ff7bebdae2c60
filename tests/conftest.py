"""A small trained model that many tests share."""

from __future__ import annotations

from pathlib import Path

import joblib
import pytest
from hypothesis import settings
from sklearn.pipeline import Pipeline

import spillover
from spillover.terms import TermClasses
from spillover_training.corpus import Row, label_meanings, read_rows
from spillover_training.train import train

# A busy machine is no fault of what is tested.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

LABELED = Path(__file__).parent.parent / "data" / "labeled"


@pytest.fixture(scope="session")
def rows() -> list[Row]:
    """Sixty items of the corpus."""
    found = read_rows([str(LABELED / "africa.jsonl")])
    items = sorted({row.item for row in found})[:60]
    return [row for row in found if row.item in items]


@pytest.fixture(scope="session")
def trained(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with its pipeline, trained on `rows`."""
    out = tmp_path_factory.mktemp("trained") / "model"
    meanings = label_meanings([str(LABELED)], rows)
    train(rows, meanings, out, terms=TermClasses.read(), jobs=1, progress=lambda done, total: None)
    return out


@pytest.fixture(scope="session")
def model(trained: Path) -> spillover.Model:
    """The model trained on `rows`."""
    return spillover.load(trained)


@pytest.fixture(scope="session")
def pipeline(trained: Path) -> Pipeline:
    """The scikit-learn pipeline that `model` is compiled from."""
    return joblib.load(trained / "pipeline.joblib")
