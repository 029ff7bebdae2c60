from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

import spillover
from spillover import storage
from spillover.errors import ModelError


@pytest.fixture
def folder(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "model"))


def resummed(folder: Path) -> None:
    """Make the sums those of the files, as someone who means harm would."""
    files = [line.split("  ")[1] for line in (folder / "SHA256SUMS").read_text().splitlines()]
    lines = [
        f"{hashlib.sha256((folder / file).read_bytes()).hexdigest()}  {file}\n" for file in files
    ]
    (folder / "SHA256SUMS").write_text("".join(lines))


def configured(**changes: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, **changes}))
        resummed(folder)

    return change


def reweighted(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def rewrite(folder: Path) -> None:
        file = folder / "weights.safetensors"
        tensors = safetensors.numpy.load_file(file)
        change(tensors)
        safetensors.numpy.save_file(tensors, file)
        resummed(folder)

    return rewrite


def listed_twice(folder: Path) -> None:
    file = folder / "vocabulary.txt"
    lines = file.read_text().split("\n")
    file.write_text("\n".join([lines[1], *lines[1:]]))
    resummed(folder)


def swapped(tensors: dict[str, Any]) -> None:
    tensors["words.ngrams"] = tensors["words.ngrams"][::-1].copy()


def foreign(tensors: dict[str, Any]) -> None:
    tensors["pairs.pairs"][0, 0] = 999


def truncated(folder: Path) -> None:
    file = folder / "weights.safetensors"
    file.write_bytes(file.read_bytes()[:-8])
    resummed(folder)


def test_what_is_saved_loads(model: spillover.Model, tmp_path: Path) -> None:
    saved = storage.save(model.parts, tmp_path / "model")
    loaded = spillover.load(tmp_path / "model")
    assert loaded.version == saved.version == model.version
    assert loaded.thresholds == model.thresholds
    texts = ["Rockets hit the port.", ""]
    assert np.array_equal(loaded.predict_proba(texts), model.predict_proba(texts))


def test_the_version_is_that_of_the_content(model: spillover.Model, tmp_path: Path) -> None:
    changed = model.with_thresholds({}, 0.3)
    assert storage.save(changed.parts, tmp_path / "model").version != model.version


def test_a_loose_card_or_pipeline_does_not_matter(folder: Path) -> None:
    (folder / "README.md").write_text("my notes")
    (folder / "pipeline.joblib").write_bytes(b"cos\nsystem\n(S'touch poisoned'\ntR.")
    spillover.load(folder)
    assert not Path("poisoned").exists()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "config.json").unlink(), "'config.json' is missing"),
        (
            lambda folder: (folder / "more.py").write_text(""),
            "'more.py' is not listed in SHA256SUMS",
        ),
        (
            lambda folder: (folder / "terms" / "attack.txt").write_text("strike\n"),
            "'terms/attack.txt' differs from its sum",
        ),
        (lambda folder: (folder / "SHA256SUMS").unlink(), "no model folder"),
        (lambda folder: (folder / "link").symlink_to("nowhere"), "damaged model"),
        (truncated, "damaged model"),
        (listed_twice, "its vocabulary has a token twice"),
        (configured(format=9), "its format is version 9, this spillover reads 2"),
        (configured(tokenizer=99), "its tokenizer is version 99"),
        (configured(format="1"), "config.json is not a model's"),
        (configured(labels={}), "must give each label a threshold"),
        (configured(labels={"a": 3}), "'labels' must give each label a str"),
        (configured(thresholds={"a": 0.5}), "must give each label a threshold"),
        (configured(curves={"a": {}}), "must give each label a curve"),
        (configured(features={"word_ngrams": 2}), "feature settings must be exactly"),
        (configured(classes=[1]), "'classes' must be a list of str"),
        (reweighted(lambda tensors: tensors.pop("pairs.weights")), "pairs.weights is missing"),
        (
            reweighted(lambda tensors: tensors.update(more=np.zeros(1))),
            "more is no part of a model",
        ),
        (reweighted(swapped), "its n-grams are not in order"),
        (reweighted(foreign), "pairs.pairs has a number that is not from 0 to"),
        (
            reweighted(lambda tensors: tensors.update({"words.weights": np.zeros((3, 5))})),
            "words.weights must be float64 (",
        ),
        (
            reweighted(lambda tensors: tensors.update(intercept=np.zeros(5))),
            "intercept must be float64 (4,), is float64 (5,)",
        ),
        (
            reweighted(lambda tensors: tensors["words.weights"].fill(np.nan)),
            "words.weights has values that no training gives",
        ),
    ],
)
def test_a_damaged_folder_is_refused_with_the_reason(
    folder: Path, damage: Callable[[Path], object], message: str
) -> None:
    damage(folder)
    with pytest.raises(ModelError) as error:
        spillover.load(folder)
    assert message in str(error.value)
    assert str(error.value).startswith(str(folder))
    assert "\n" not in str(error.value)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model folder"):
        spillover.load(tmp_path / "nothing")
