"""The model folder: written, verified, read. Loading runs no code from it.

``config.json`` (format, labels, thresholds, settings, origin), ``vocabulary.txt`` (one token a
line), ``weights.safetensors`` (n-grams and weights, see `tables.Tables`), ``terms/CLASS.txt``,
``README.md`` (the model card) and ``SHA256SUMS`` over all but the card.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from spillover.errors import InputError, ModelError
from spillover.features import ANALYZER_VERSION, FeatureSettings
from spillover.policy import Curve
from spillover.scorer import Model, ModelParts
from spillover.tables import Tables
from spillover.terms import TermClasses
from spillover.text import TOKENIZER_VERSION

FORMAT = 2
PRETRAINED = Path(__file__).parent / "pretrained"

SUMS = "SHA256SUMS"
_TOKENS = "vocabulary.txt"
_WEIGHTS = "weights.safetensors"
_TERMS = "terms"
_CARD = "README.md"
PIPELINE = "pipeline.joblib"
_UNSUMMED = {SUMS, _CARD, PIPELINE}
_REMEDY = "train it again or fetch it again"


def save(parts: ModelParts, folder: Path) -> Model:
    """Write a model folder and return the model with its version.

    Parameters
    ----------
    parts : ModelParts
        What the model is made of.
    folder : Path
        An empty or missing folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables = parts.tables
    (folder / _TOKENS).write_text(
        "".join(token + "\n" for token in tables.tokens), "utf-8", newline="\n"
    )
    arrays = {"intercept": parts.intercept, **tables.arrays}
    (folder / _WEIGHTS).write_bytes(safetensors.numpy.save(arrays))
    parts.terms.write(folder / _TERMS)
    config = {
        "format": FORMAT,
        "tokenizer": TOKENIZER_VERSION,
        "analyzer": ANALYZER_VERSION,
        "labels": dict(parts.labels),
        "thresholds": dict(parts.thresholds),
        "curves": {label: curve.to_json() for label, curve in parts.curves.items()},
        "features": tables.settings.to_json(),
        "classes": list(tables.classes),
        "training": dict(parts.training),
    }
    (folder / "config.json").write_text(
        json.dumps(config, ensure_ascii=False, indent=2) + "\n", "utf-8", newline="\n"
    )
    sums = _sums(_contents(folder))
    (folder / SUMS).write_text(sums, "utf-8", newline="\n")
    return Model(parts, _version(sums))


def load(folder: Path) -> Model:
    """Read a model folder.

    Parameters
    ----------
    folder : Path
        What `save` or ``spillover train`` wrote.

    Raises
    ------
    ModelError
        If the folder is missing, foreign, damaged, or of another format; says which file.
    """
    try:
        written = (folder / SUMS).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise ModelError(f"{folder}: no model folder (it has no readable {SUMS})") from None
    try:
        files = _verified(folder, written)
        config = _config(files["config.json"])
        settings = FeatureSettings.from_json(config.get("features"))
        tokens = files[_TOKENS].decode("utf-8").split("\n")[:-1]
        arrays = safetensors.numpy.load(files[_WEIGHTS])
        terms = TermClasses(
            {
                Path(name).stem: content.decode("utf-8")
                for name, content in files.items()
                if name.startswith(_TERMS + "/")
            }
        )
        parts = _parts(config, settings, arrays, tokens, terms)
    except KeyError as error:
        raise ModelError(f"{folder}: {error} is missing; {_REMEDY}") from None
    except ModelError as error:
        raise ModelError(f"{folder}: {error}") from None
    except (OSError, ValueError, InputError, safetensors.SafetensorError) as error:
        raise ModelError(f"{folder}: damaged model ({error}); {_REMEDY}") from None
    return Model(parts, _version(written))


def _config(content: bytes) -> dict[str, Any]:
    """Read the config and check that this package reads what was written by it."""
    config = json.loads(content)
    if not isinstance(config, dict) or type(config.get("format")) is not int:
        raise ModelError("config.json is not a model's")
    versions = ("format", FORMAT), ("tokenizer", TOKENIZER_VERSION), ("analyzer", ANALYZER_VERSION)
    for name, ours in versions:
        if config.get(name) != ours:
            raise ModelError(
                f"its {name} is version {config.get(name)!r}, this spillover reads {ours}; "
                "install the spillover it was made with, or train it again"
            )
    return config


def _contents(folder: Path) -> dict[str, bytes]:
    """Read all files of a folder that its sums are made over."""
    paths = sorted(
        (path.relative_to(folder).as_posix(), path)
        for path in folder.rglob("*")
        if not path.is_dir() or path.is_symlink()
    )
    return {name: path.read_bytes() for name, path in paths if name not in _UNSUMMED}


def _sums(contents: Mapping[str, bytes]) -> str:
    """Return the lines of SHA256SUMS, as ``sha256sum`` prints them."""
    return "".join(
        f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in contents.items()
    )


def _version(sums: str) -> str:
    return hashlib.sha256(sums.encode()).hexdigest()[:12]


def _sum_by_file(sums: str) -> dict[str, str]:
    lines = [line.partition("  ") for line in sums.splitlines()]
    return {file: digest for digest, _, file in lines}


def _verified(folder: Path, written: str) -> dict[str, bytes]:
    """Read the files, once, and check them against their sums."""
    contents = _contents(folder)
    listed, found = _sum_by_file(written), _sum_by_file(_sums(contents))
    for file in sorted(listed.keys() | found.keys()):
        if file not in found:
            raise ModelError(f"{file!r} is missing; {_REMEDY}")
        if file not in listed:
            raise ModelError(f"{file!r} is not listed in {SUMS}; remove it or {_REMEDY}")
        if listed[file] != found[file]:
            raise ModelError(f"{file!r} differs from its sum in {SUMS}; {_REMEDY}")
    return contents


def _parts(
    config: dict[str, Any],
    settings: FeatureSettings,
    arrays: dict[str, np.ndarray[Any, Any]],
    tokens: list[str],
    terms: TermClasses,
) -> ModelParts:
    labels = _table(config, "labels", str)
    thresholds = _table(config, "thresholds", float)
    if (
        not labels
        or set(labels) != set(thresholds)
        or not all(0 <= at <= 1 for at in thresholds.values())
    ):
        raise ModelError("config.json must give each label a threshold from 0 to 1")
    curves = _table(config, "curves", dict)
    if set(curves) != set(labels):
        raise ModelError("config.json must give each label a curve")
    intercept = arrays.pop("intercept", np.empty(0))
    if intercept.dtype != np.float64 or intercept.shape != (len(labels),):
        raise ModelError(
            f"intercept must be float64 ({len(labels)},), is {intercept.dtype} {intercept.shape}"
        )
    if not np.isfinite(intercept).all():
        raise ModelError("intercept has values that no training gives")
    classes = config.get("classes")
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        raise ModelError("config.json: 'classes' must be a list of str")
    training = config.get("training")
    return ModelParts(
        labels=labels,
        thresholds=thresholds,
        curves={label: Curve.from_json(curve) for label, curve in curves.items()},
        intercept=intercept,
        tables=Tables(settings, tokens, classes, len(labels), arrays),
        terms=terms,
        training=training if isinstance(training, dict) else {},
    )


def _table(config: dict[str, Any], name: str, kind: type) -> dict[str, Any]:
    table = config.get(name)
    if not isinstance(table, dict) or not all(type(entry) is kind for entry in table.values()):
        raise ModelError(f"config.json: {name!r} must give each label a {kind.__name__}")
    return table
