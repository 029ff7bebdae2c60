"""Labelled data in: every row read and checked by us, then held as a `datasets.Dataset`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import datasets

from spillover.documents import SUFFIXES, read_all_rows, suffix_of
from spillover.errors import InputError, RowError, shown
from spillover.labels import label_fault
from spillover.rows import Record

HUB = "hf:"
SPLITS = ("train", "test")
LABELS_FILE = "labels.json"

_REQUIRED = ("text", "labels")
_NOTHING = (None, "")  # what an empty cell of a CSV file reads as
_LABELLED_SUFFIXES = tuple(suffix for suffix in SUFFIXES if suffix != ".txt")


@dataclass(frozen=True)
class Row:
    """A labelled sentence and where it stands.

    Attributes
    ----------
    text : str
        The sentence.
    labels : tuple of str
        Its labels, sorted; may be empty.
    item : str
        The report it belongs to; an item never straddles two splits.
    split : str
        ``train`` or ``test``.
    columns : Mapping of str to str
        The row's other columns (style, region and such).
    where : str
        File and line, for messages.
    """

    text: str
    labels: tuple[str, ...]
    item: str
    split: str
    columns: Mapping[str, str]
    where: str


def split_of(item: str) -> str:
    """Return the split of an item: by its SHA-256, one in ten is ``test``.

    It depends on nothing else, so an item keeps its split as the corpus grows.
    """
    return "test" if int(hashlib.sha256(item.encode()).hexdigest(), 16) % 10 == 0 else "train"


def read_rows(sources: Sequence[str], encoding: str = "utf-8") -> list[Row]:
    """Read and check labelled rows.

    Parameters
    ----------
    sources : sequence of str
        Files (JSONL, CSV, TSV, Parquet; also gzip and zstd), folders of them, or ``hf:owner/name``
        for a data set of the Hugging Face hub.
    encoding : str
        Of the text files.

    Returns
    -------
    list of Row
        In the order of the sources, files of a folder by name.

    Raises
    ------
    InputError
        If a source cannot be read or a row breaks a rule; names file, line and value.
    """
    rows = []
    for source in sources:
        rows += [checked_row(record, where) for where, record in labelled_records(source, encoding)]
    _check_items(rows)
    return rows


def labelled_records(source: str, encoding: str) -> Iterator[tuple[str, Record | RowError]]:
    """Read the rows of one source as they are, each with where it stands."""
    return _hub_records(source) if source.startswith(HUB) else _records(source, encoding)


def checked_row(record: Record | RowError, where: str) -> Row:
    """Make a `Row` of a record, or raise RowError saying what is wrong with it."""
    if isinstance(record, RowError):
        raise record
    for name in _REQUIRED:
        if record.get(name) is None:
            raise _faulty(
                where,
                f"{name!r} is {'null' if name in record else 'missing'}; a labelled row "
                f"needs 'text' and 'labels' (it has {', '.join(record) or 'nothing'})",
            )
    text, labels = record["text"], record["labels"]
    if not isinstance(text, str):
        raise _faulty(where, f"'text' must be a string, got {shown(text)}")
    if isinstance(labels, str):  # CSV has no lists
        labels = [label for label in labels.split("|") if label]
    if not isinstance(labels, Sequence):
        raise _faulty(where, f"'labels' must be a list of strings, got {shown(labels)}")
    for label in labels:
        if not isinstance(label, str):
            raise _faulty(where, f"a label must be a string, got {shown(label)}")
        if fault := label_fault(label):
            raise _faulty(where, f"label {shown(label)} {fault}")
    item = text if record.get("item") in _NOTHING else str(record["item"])
    for name, value in (("text", text), ("item", item)):
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise _faulty(where, f"{name!r} has half a surrogate pair; mend its encoding")
    split = record.get("split")
    split = split_of(item) if split in _NOTHING else split
    if split not in SPLITS:
        raise _faulty(where, f"'split' must be train or test, got {shown(split)}")
    known = {*_REQUIRED, "item", "split"}
    columns = {
        name: str(value)
        for name, value in record.items()
        if name not in known and isinstance(value, (str, int, float))
    }
    return Row(text, tuple(sorted(set(labels))), item, split, columns, where)


def _faulty(where: str, reason: str) -> RowError:
    return RowError("faulty row", where, reason)


def neighbours(rows: Sequence[Row]) -> list[Row]:
    """Join each two neighbouring rows of an item to one, which carries the labels of both.

    News has longer sentences than most labelled data, with one telling clause among others; a
    model that learns from such pairs too does not take what else a sentence says for a reason
    against a label.

    Parameters
    ----------
    rows : sequence of Row
        Rows of any items.

    Returns
    -------
    list of Row
        The pairs; none for items of one row.
    """
    return [
        replace(
            first,
            text=f"{first.text} {second.text}",
            labels=tuple(sorted({*first.labels, *second.labels})),
        )
        for first, second in pairwise(rows)
        if first.item == second.item
    ]


def as_dataset(rows: Sequence[Row]) -> datasets.Dataset:
    """Hold rows as a `datasets.Dataset` with explicit features, columns as in a row's file."""
    names = sorted({name for row in rows for name in row.columns})
    string = datasets.Value("string")
    features = datasets.Features(
        {
            "text": string,
            "labels": datasets.List(string),
            "item": string,
            "split": string,
            **dict.fromkeys(names, string),
        }
    )
    table: dict[str, list[Any]] = {
        "text": [row.text for row in rows],
        "labels": [list(row.labels) for row in rows],
        "item": [row.item for row in rows],
        "split": [row.split for row in rows],
        **{name: [row.columns.get(name) for row in rows] for name in names},
    }
    return datasets.Dataset.from_dict(table, features=features)


def label_meanings(sources: Sequence[str], rows: Iterable[Row]) -> dict[str, str]:
    """Return the labels of the data with what each means.

    From the ``labels.json`` of a folder among the sources, in its order; without one, the labels
    that the rows carry, sorted, with empty meanings.

    Raises
    ------
    InputError
        If ``labels.json`` is no object of strings, or a row carries a label that it lacks.
    """
    found = sorted({label for row in rows for label in row.labels})
    for source in sources:
        file = Path(source) / LABELS_FILE
        if source.startswith(HUB) or not file.is_file():
            continue
        try:
            meanings = json.loads(file.read_text("utf-8"))
        except (ValueError, RecursionError) as error:
            raise InputError(f"{file}: {error}") from None
        if not isinstance(meanings, dict) or not all(
            isinstance(meaning, str) for meaning in meanings.values()
        ):
            raise InputError(f"{file}: must be an object of label names and meanings")
        unknown = [row for row in rows if set(row.labels) - set(meanings)]
        if unknown:
            label = next(label for label in unknown[0].labels if label not in meanings)
            raise InputError(
                f"{unknown[0].where}: label {label!r} is not in {file} ({', '.join(meanings)})"
            )
        for label in meanings:
            if fault := label_fault(label):
                raise InputError(f"{file}: label {label!r} {fault}")
        return meanings
    return dict.fromkeys(found, "")


def fingerprint(rows: Iterable[Row]) -> str:
    """Return the SHA-256 of the rows' texts, labels, items and splits, in their order."""
    digest = hashlib.sha256()
    for row in rows:
        line = json.dumps([row.text, row.labels, row.item, row.split], ensure_ascii=False)
        digest.update(line.encode("utf-8") + b"\n")
    return digest.hexdigest()


def _records(source: str, encoding: str) -> Iterator[tuple[str, Record | RowError]]:
    path = Path(source)
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if suffix_of(file) in _LABELLED_SUFFIXES)
        if not files:
            raise InputError(f"{path}: no labelled data here ({', '.join(_LABELLED_SUFFIXES)})")
    else:
        files = [path]
    for file in files:
        for line, record in read_all_rows(file, encoding=encoding):
            yield f"{file}:{line}", record


def _hub_records(source: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    name = source.removeprefix(HUB)
    try:
        loaded = datasets.load_dataset(name)
    except Exception as error:  # whatever the hub's client raises, the user needs one line
        raise InputError(f"{source}: cannot be loaded ({error})") from None
    for split, table in loaded.items():
        for number, record in enumerate(table, 1):
            # The hub's own splits hold unless the rows say otherwise.
            given = {"split": split} if split in SPLITS else {}
            yield f"{source} {split}:{number}", {**given, **record}


def _check_items(rows: Sequence[Row]) -> None:
    first: dict[str, Row] = {}
    for row in rows:
        other = first.setdefault(row.item, row)
        if other.split != row.split:
            raise InputError(
                f"{row.where}: item {row.item!r} is in split {row.split!r}, but in "
                f"{other.split!r} at {other.where}; an item must not straddle splits"
            )
