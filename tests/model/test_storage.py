from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import safetensors.numpy
from command_line import run

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


def linked(folder: Path) -> None:
    """Put a link to the same content in place of a file."""
    elsewhere = folder.with_name("elsewhere")
    (folder / "vocabulary.txt").rename(elsewhere)
    (folder / "vocabulary.txt").symlink_to(elsewhere)


def sums_replaced(put: Callable[[Path], object]) -> Callable[[Path], None]:
    def replace(folder: Path) -> None:
        (folder / "SHA256SUMS").unlink()
        put(folder / "SHA256SUMS")

    return replace


def sums_rewritten(old: str, new: str) -> Callable[[Path], None]:
    def rewrite(folder: Path) -> None:
        sums = folder / "SHA256SUMS"
        sums.write_bytes(sums.read_bytes().replace(old.encode(), new.encode()))

    return rewrite


def larger_than_memory(folder: Path) -> None:
    """Make a file that takes no room on the disk and would fill the memory."""
    with (folder / "vocabulary.txt").open("ab") as file:
        file.truncate(1 << 40)


def nested(folder: Path) -> None:
    (folder / "config.json").write_text("[" * 100_000)
    resummed(folder)


def weighed(value: float) -> Callable[[Path], None]:
    return reweighted(lambda tensors: tensors["words.weights"][0].fill(value))


def weightless(folder: Path) -> None:
    """Leave a feature its weights and take away what its texts are scaled by."""

    def change(tensors: dict[str, Any]) -> None:
        tensors["words.weights"][:, -1] = 0

    reweighted(change)(folder)


def rewritten_header(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    file = folder / "weights.safetensors"
    content = file.read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    change(header)
    written = json.dumps(header).encode()
    file.write_bytes(len(written).to_bytes(8, "little") + written + content[8 + size :])
    resummed(folder)


def shaped(shape: list[int]) -> Callable[[Path], None]:
    return lambda folder: rewritten_header(
        folder, lambda header: header["words.weights"].update(shape=shape)
    )


def typed(dtype: str) -> Callable[[Path], None]:
    def change(header: dict[str, Any]) -> None:
        shape = header["words.weights"]["shape"]
        header["words.weights"].update(dtype=dtype, shape=[shape[0] * 4, shape[1]])

    return lambda folder: rewritten_header(folder, change)


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


def test_a_card_is_not_read(folder: Path) -> None:
    (folder / "README.md").write_bytes(b"\xff\x00\x1b[2J")
    spillover.load(folder)
    (folder / "README.md").unlink()
    os.mkfifo(folder / "README.md")
    spillover.load(folder)


class Poison:
    """Unpickled, it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_a_pipeline_is_never_opened(folder: Path) -> None:
    poisoned = folder.with_name("poisoned")
    joblib.dump(Poison(poisoned), folder / "pipeline.joblib")
    script = (
        "import sys\n"
        "sys.addaudithook(lambda event, arguments: event != 'open'\n"
        "    or not str(arguments[0]).endswith('pipeline.joblib') or sys.exit('opened'))\n"
        "import spillover\n"
        "model = spillover.load(sys.argv[1])\n"
        "model.explain('Rockets hit the port.'), model.read('Rockets hit the port.')\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(folder)], check=False)
    assert done.returncode == 0
    for command in ("info", "predict --text Rockets", "explain --text Rockets"):
        assert run(*command.split(), "--model", folder).returncode == 0
    assert not poisoned.exists()
    joblib.load(folder / "pipeline.joblib")  # the poison works
    assert poisoned.exists()


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
        (lambda folder: (folder / "link").symlink_to("nowhere"), "'link' is a link or no file"),
        (linked, "'vocabulary.txt' is a link or no file; a model is made of plain files"),
        (lambda folder: (folder / "terms" / "up").symlink_to(".."), "'terms/up' is a link"),
        (lambda folder: os.mkfifo(folder / "pipe"), "'pipe' is a link or no file"),
        (sums_replaced(os.mkfifo), "no model folder"),
        (sums_replaced(lambda path: path.symlink_to("/dev/zero")), "no model folder"),
        (sums_rewritten("  config.json", "  ../config.json"), "'../config.json' is missing"),
        (sums_rewritten("  config.json", "  /etc/passwd"), "'/etc/passwd' is missing"),
        (sums_rewritten("\n", "\r\n"), "SHA256SUMS is not as it was written"),
        (larger_than_memory, "more than 1073741824 bytes or 10000 files; this is no model"),
        (truncated, "weights.safetensors: Error while deserializing"),
        (listed_twice, "its vocabulary has a token twice"),
        (configured(format=9), "its format is version 9, this spillover reads 2"),
        (configured(tokenizer=99), "its tokenizer is version 99"),
        (configured(format="1"), "config.json is not a model's"),
        (configured(labels={"": ""}), "label '' is empty, padded or holds a '|'"),
        (configured(labels={"a\x1b[2J": ""}), r"label 'a\x1b[2J' holds a control character"),
        (configured(training=3), "'training' must be an object"),
        (configured(training={"test": {"labels": {"a": {"f1": ["x"]}}}}), "the metrics of 'test'"),
        (configured(training={"rows": float("nan")}), "NaN is no number"),
        (nested, "damaged model (maximum recursion depth exceeded"),
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
        (weighed(np.inf), "words.weights has values that no training gives"),
        (weighed(2.0**11), "words.weights has weights that cannot be added up exactly"),
        (weighed(2.0**-27), "words.weights has weights that cannot be added up exactly"),
        (weightless, "words.weights has values that no training gives"),
        (
            reweighted(lambda tensors: tensors.update(intercept=np.full(4, -np.inf))),
            "intercept has values that no training gives",
        ),
        (
            reweighted(lambda tensors: tensors.update(intercept=np.zeros(4, np.float32))),
            "intercept must be float64 (4,), is float32 (4,)",
        ),
        (shaped([10**12, 5]), "weights.safetensors: Error while deserializing"),
        (shaped([-1, 5]), "weights.safetensors: Error while deserializing"),
        (typed("BF16"), "weights.safetensors holds what is no array ('BF16')"),
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
