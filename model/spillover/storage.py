"""The model folder: written, verified, read. Loading runs no code from it.

``config.json`` (format, labels, thresholds, settings, origin), ``vocabulary.txt`` (one token a
line), ``weights.safetensors`` (n-grams and weights, see `tables.Tables`), ``terms/CLASS.txt``,
``README.md`` (the model card) and ``SHA256SUMS`` over all but the card.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from spillover.errors import InputError, ModelError
from spillover.features import ANALYZER_VERSION, FeatureSettings
from spillover.labels import label_fault
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

MOST_BYTES = 1 << 30
_MOST_FILES = 10_000
"""A folder of more is refused before any of it is read; the shipped model has 4 MB in 80 files."""


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
        is_there = stat.S_ISREG((folder / SUMS).lstat().st_mode)
    except PermissionError:
        raise ModelError(f"{folder}: cannot be read (Permission denied)") from None
    except (OSError, ValueError):
        is_there = False
    if not is_there:
        raise ModelError(f"{folder}: no model folder (it has no file {SUMS})")
    try:
        files = _contents(folder)
        version = _verified(folder, files)
        config = _config(files["config.json"])
        settings = FeatureSettings.from_json(config.get("features"))
        tokens = files[_TOKENS].decode("utf-8").split("\n")[:-1]
        arrays = _arrays(files[_WEIGHTS])
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
    except (OSError, ValueError, RecursionError, InputError) as error:
        raise ModelError(f"{folder}: damaged model ({error}); {_REMEDY}") from None
    return Model(parts, version)


def _config(content: bytes) -> dict[str, Any]:
    """Read the config and check that this package reads what was written by it."""
    config = json.loads(content, parse_constant=_no_constant)
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


def _arrays(content: bytes) -> dict[str, np.ndarray[Any, Any]]:
    try:
        return safetensors.numpy.load(content)
    except safetensors.SafetensorError as error:
        raise ModelError(f"{_WEIGHTS}: {error}; {_REMEDY}") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:  # of types that numpy lacks
        raise ModelError(f"{_WEIGHTS} holds what is no array ({error}); {_REMEDY}") from None


def _no_constant(name: str) -> None:
    raise ModelError(f"config.json: {name} is no number")


def _contents(folder: Path) -> dict[str, bytes]:
    """Read all files of a folder that its sums are made over, once their number is known."""
    paths: dict[str, str] = {}
    size = 0
    for place, folders, files in os.walk(folder):
        within = "" if place == str(folder) else Path(place).relative_to(folder).as_posix() + "/"
        for each in folders + files:
            path, name = f"{place}/{each}", within + each
            found = os.lstat(path)
            if stat.S_ISDIR(found.st_mode) or name in _UNSUMMED:
                continue
            if not stat.S_ISREG(found.st_mode):
                raise ModelError(f"{name!r} is a link or no file; a model is made of plain files")
            paths[name] = path
            size += found.st_size
            if size > MOST_BYTES or len(paths) > _MOST_FILES:
                raise ModelError(
                    f"more than {MOST_BYTES} bytes or {_MOST_FILES} files; this is no model"
                )
    return {name: Path(paths[name]).read_bytes() for name in sorted(paths)}


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


def _verified(folder: Path, contents: Mapping[str, bytes]) -> str:
    """Check files against their sums; return the version that the sums give."""
    path = folder / SUMS
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise ModelError(f"{SUMS} has {size} bytes; {_REMEDY}")
    written = path.read_bytes().decode("utf-8")
    sums = _sums(contents)
    listed, found = _sum_by_file(written), _sum_by_file(sums)
    for file in sorted(listed.keys() | found.keys()):
        if file not in found:
            raise ModelError(f"{file!r} is missing; {_REMEDY}")
        if file not in listed:
            raise ModelError(f"{file!r} is not listed in {SUMS}; remove it or {_REMEDY}")
        if listed[file] != found[file]:
            raise ModelError(f"{file!r} differs from its sum in {SUMS}; {_REMEDY}")
    if written != sums:  # the version is made from it, so it has one form
        raise ModelError(f"{SUMS} is not as it was written; {_REMEDY}")
    return _version(sums)


def _parts(
    config: dict[str, Any],
    settings: FeatureSettings,
    arrays: dict[str, np.ndarray[Any, Any]],
    tokens: list[str],
    terms: TermClasses,
) -> ModelParts:
    labels = _table(config, "labels", str)
    for label in labels:
        if fault := label_fault(label):
            raise ModelError(f"config.json: label {label!r} {fault}")
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
    return ModelParts(
        labels=labels,
        thresholds=thresholds,
        curves={label: Curve.from_json(curve) for label, curve in curves.items()},
        intercept=intercept,
        tables=Tables(settings, tokens, classes, len(labels), arrays),
        terms=terms,
        training=_training(config, labels),
    )


def _training(config: dict[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    """Return where the model comes from; what is shown of it must be figures."""
    training = config.get("training")
    if not isinstance(training, dict):
        raise ModelError("config.json: 'training' must be an object")
    test = training.get("test", {"labels": {}})
    by_label = test.get("labels") if isinstance(test, dict) else None
    if not isinstance(by_label, dict) or not all(map(_is_metrics, by_label.values())):
        raise ModelError("config.json: the metrics of 'test' are not as training writes them")
    return training


def _is_metrics(metrics: Any) -> bool:
    return isinstance(metrics, dict) and all(
        isinstance(value := metrics.get(name), list)
        and len(value) == 3
        and all(type(each) in (float, int) for each in value)
        for name in ("precision", "recall", "f1")
    )


def _table(config: dict[str, Any], name: str, kind: type) -> dict[str, Any]:
    table = config.get(name)
    if not isinstance(table, dict) or not all(type(entry) is kind for entry in table.values()):
        raise ModelError(f"config.json: {name!r} must give each label a {kind.__name__}")
    return table
