"""Model folders, damaged by chance and on purpose."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import spillover
from faults.harness import DONE, REFUSED, Fault, Setting, command, damaged
from spillover import storage
from spillover.errors import SpilloverError

TEXTS = ["Rockets hit the port, killing three.", "The talks began in Osha; no one was hurt.", ""]
SCORES = "scores finite"


def flips(setting: Setting) -> Iterator[str]:
    """Damage each file of the shipped model in turn; its sums stay."""
    folder = _copy(setting)
    files = _files(folder, {"README.md"})
    for case in range(setting.cases):
        path = files[case % len(files)]
        content = path.read_bytes()
        path.write_bytes(damaged(content, setting.draw))
        yield _loaded(folder)
        path.write_bytes(content)


def flips_with_sums(setting: Setting) -> Iterator[str]:
    """Damage each file in turn and make the sums fit; half the flips in headers and configs."""
    folder = _copy(setting)
    files = _files(folder, {"README.md", storage.SUMS})
    heavy = [path for path in files if path.parent == folder]
    sums = (folder / storage.SUMS).read_text()
    for case in range(setting.cases):
        path = files[case % len(files)] if case % 2 else heavy[case // 2 % len(heavy)]
        content = path.read_bytes()
        bad = damaged(content, setting.draw)
        if path.suffix == ".safetensors" and setting.draw.random() < 0.5:
            bad = damaged(content[:900], setting.draw) + content[900:]
        path.write_bytes(bad)
        name = path.relative_to(folder).as_posix()
        old, new = hashlib.sha256(content), hashlib.sha256(bad)
        (folder / storage.SUMS).write_text(
            sums.replace(f"{old.hexdigest()}  {name}\n", f"{new.hexdigest()}  {name}\n")
        )
        yield _loaded(folder)
        path.write_bytes(content)
    (folder / storage.SUMS).write_text(sums)


def cards(setting: Setting) -> Iterator[str]:
    """Damage the card, which nothing reads."""
    folder = _copy(setting)
    content = (folder / "README.md").read_bytes()
    for _ in range(setting.cases):
        (folder / "README.md").write_bytes(damaged(content, setting.draw))
        yield _loaded(folder)


def commands_on_damaged(setting: Setting) -> Iterator[str]:
    """Damage the config with fitting sums, and look at it with the commands."""
    folder = _copy(setting)
    path = folder / "config.json"
    content, sums = path.read_bytes(), (folder / storage.SUMS).read_text()
    for case in range(setting.cases):
        bad = damaged(content, setting.draw)
        path.write_bytes(bad)
        old, new = hashlib.sha256(content).hexdigest(), hashlib.sha256(bad).hexdigest()
        (folder / storage.SUMS).write_text(sums.replace(old, new))
        arguments = [["info"], ["info", "--json"], ["explain", "--text", TEXTS[0]]][case % 3]
        yield command(*arguments, "--model", folder)[0]


def _copy(setting: Setting) -> Path:
    return Path(shutil.copytree(storage.PRETRAINED, setting.folder / "model"))


def _files(folder: Path, without: set[str]) -> list[Path]:
    return sorted(path for path in folder.rglob("*.*") if path.name not in without) + (
        [] if storage.SUMS in without else [folder / storage.SUMS]
    )


def _loaded(folder: Path) -> str:
    """Load a model and score with it, by both paths."""
    try:
        model = spillover.load(folder)
        probabilities = model.predict_proba(TEXTS)
        many = model.predict_proba(TEXTS * 2)
    except SpilloverError as error:
        return REFUSED if "\n" not in str(error) else f"more than a line: {error}"
    except Exception as error:
        return f"traceback: {error!r}"
    if not np.isfinite(probabilities).all() or not np.array_equal(many[:3], probabilities):
        return "scores that are not finite, or differ with the batch"
    return SCORES


FAULTS = (
    Fault("model: byte flipped or file cut short", (REFUSED,), flips, 200, 3000),
    Fault("model: the same, SHA256SUMS made to fit", (REFUSED, SCORES), flips_with_sums, 200, 2000),
    Fault("model: card damaged", (SCORES,), cards, 10, 100),
    Fault(
        "model: config damaged, sums made to fit; info, explain",
        (REFUSED, DONE),
        commands_on_damaged,
        20,
        300,
    ),
)
