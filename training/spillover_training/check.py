"""What can be wrong with labelled data, looked for row by row and between rows."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from spillover.errors import RowError
from spillover.table import printable
from spillover_training.corpus import Row, checked_row, label_meanings, labelled_records
from spillover_training.duplicates import near_duplicates, skeleton

ERROR, WARNING = "error", "warning"
GROUPS = ("split", "file", "region", "decade", "theme", "style")
LONGEST = 1000
ALIKE = "labels differ only in case"
OTHER_LABELS = "same text, other labels"

_BROKEN = {
    "control character": re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]"),
    "replacement character": re.compile("\ufffd"),
    "markup": re.compile(r"</?[a-zA-Z][^<>]*>|&(?:[a-zA-Z]+|#\d+);|\*\*|\]\(|\{\{|\}\}"),
    "surrounding or double space": re.compile(r"^\s|\s$|\s\s"),
    "cut off": re.compile(r"(?:,|\b(?:the|a|an|of|and|or))$"),
    "no word": re.compile(r"^\W*$"),
}


@dataclass(frozen=True)
class Finding:
    """Something wrong.

    Attributes
    ----------
    level : str
        ``error`` or ``warning``.
    kind : str
        What it is.
    where : str
        File and line.
    detail : str
        The value, or the other row.
    """

    level: str
    kind: str
    where: str
    detail: str


@dataclass(frozen=True)
class Group:
    """The rows that have one value in one column.

    Attributes
    ----------
    rows : int
        How many.
    characters : float
        Their mean length.
    labels : dict of str to int
        How many carry each label.
    unlabelled : int
        How many carry none.
    """

    rows: int
    characters: float
    labels: dict[str, int]
    unlabelled: int


@dataclass(frozen=True)
class Report:
    """What a check found, and what the data are made of.

    Attributes
    ----------
    findings : tuple of Finding
        Errors first, each kind in the order of the rows.
    n_rows, n_items : int
        Counts of the rows without fault and their items.
    labels : tuple of str
        The labels.
    groups : dict of str to dict of str to Group
        By column, then by value.
    """

    findings: tuple[Finding, ...]
    n_rows: int
    n_items: int
    labels: tuple[str, ...]
    groups: dict[str, dict[str, Group]]

    @property
    def n_errors(self) -> int:
        """How many findings are errors."""
        return sum(finding.level == ERROR for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "rows": self.n_rows,
            "items": self.n_items,
            "errors": self.n_errors,
            "warnings": len(self.findings) - self.n_errors,
            "groups": {
                column: {value: asdict(group) for value, group in values.items()}
                for column, values in self.groups.items()
            },
            "findings": [asdict(finding) for finding in self.findings],
        }

    def to_table(self) -> str:
        """Return tables for people: shares in per cent, then the findings."""
        names = [*self.labels, "none"]
        header = f"{'':24} {'rows':>7} {'chars':>6} " + " ".join(f"{name:>18}" for name in names)
        lines = [f"{self.n_rows} rows in {self.n_items} items"]
        for column, values in self.groups.items():
            lines += ["", column, header] if column != "all" else ["", header]
            for value, group in values.items():
                counts = [*group.labels.values(), group.unlabelled]
                shares = " ".join(f"{100 * count / group.rows:17.1f}%" for count in counts)
                lines.append(
                    f"{printable(value)[-24:]:24} {group.rows:7} {group.characters:6.0f} {shares}"
                )
        kinds = Counter((finding.level, finding.kind) for finding in self.findings)
        lines += [""] + [f"{level}: {kind}: {count}" for (level, kind), count in kinds.items()]
        lines += [
            printable(f"{finding.where}: {finding.level}: {finding.kind}: {finding.detail}")
            for finding in self.findings
        ]
        lines.append(f"{self.n_errors} errors, {len(self.findings) - self.n_errors} warnings")
        return "\n".join(lines)


def check(sources: Sequence[str], encoding: str = "utf-8") -> Report:
    """Check labelled data.

    Parameters
    ----------
    sources : sequence of str
        As for `corpus.read_rows`.
    encoding : str
        Of the text files.

    Returns
    -------
    Report
        Findings and counts.

    Raises
    ------
    InputError
        If a source cannot be read at all.
    """
    rows: list[Row] = []
    findings: list[Finding] = []
    for source in sources:
        for where, record in labelled_records(source, encoding):
            try:
                rows.append(checked_row(record, where))
            except RowError as error:
                findings.append(Finding(ERROR, "faulty row", error.where, error.reason))
    findings += [*label_findings(sources, rows), *_ids(rows), *_items(rows), *_texts(rows)]
    findings += [*repeated(rows), *_similar(rows)]
    findings.sort(key=lambda finding: finding.level)
    labels = tuple(label_meanings(sources, []) or sorted({x for row in rows for x in row.labels}))
    return Report(
        tuple(findings), len(rows), len({row.item for row in rows}), labels, _groups(rows, labels)
    )


def label_findings(sources: Sequence[str], rows: Sequence[Row]) -> Iterator[Finding]:
    """Find labels that can hardly be meant: unknown, of one row, of all, or alike but for case."""
    known = label_meanings(sources, [])
    for row in rows:
        for label in row.labels:
            if known and label not in known:
                yield Finding(ERROR, "unknown label", row.where, label)
    carried = Counter(label for row in rows for label in row.labels)
    first: dict[str, str] = {}
    for row in rows:
        for label in row.labels:
            other = first.setdefault(label.casefold(), label)
            count = carried.pop(label, None)  # each label once, where it first stands
            if count is None:
                continue
            if other != label:
                detail = f"{label!r} and {other!r}"
                yield Finding(WARNING, ALIKE, row.where, detail)
            if count == 1:
                yield Finding(WARNING, "label of one row", row.where, label)
            if count == len(rows) > 1:
                yield Finding(WARNING, "label of all rows", row.where, label)


def _ids(rows: Sequence[Row]) -> Iterator[Finding]:
    first: dict[str, Row] = {}
    for row in rows:
        if "id" in row.columns:
            other = first.setdefault(row.columns["id"], row)
            if other is not row:
                yield Finding(
                    ERROR, "id used again", row.where, f"{row.columns['id']}; {other.where}"
                )


def _items(rows: Sequence[Row]) -> Iterator[Finding]:
    first: dict[str, Row] = {}
    for row in rows:
        other = first.setdefault(row.item, row)
        if other.split != row.split:
            yield Finding(ERROR, "item in two splits", row.where, f"{row.item}; {other.where}")


def _texts(rows: Sequence[Row]) -> Iterator[Finding]:
    for row in rows:
        for kind, pattern in _BROKEN.items():
            if pattern.search(row.text):
                yield Finding(
                    WARNING if kind == "cut off" else ERROR, kind, row.where, repr(row.text)
                )
        if len(row.text) > LONGEST:
            yield Finding(ERROR, "too long", row.where, f"{len(row.text)} characters")


def repeated(rows: Sequence[Row]) -> Iterator[Finding]:
    """Find equal texts, and equal texts with other labels."""
    first: dict[str, Row] = {}
    for row in rows:
        other = first.setdefault(_plain(row.text), row)
        if other is not row:
            kind = "same text" if other.labels == row.labels else OTHER_LABELS
            yield Finding(ERROR, kind, row.where, f"{other.where}: {row.text!r}")


def _similar(rows: Sequence[Row]) -> Iterator[Finding]:
    """Find near-duplicates; across splits they are errors, since they leak what is tested."""
    skeletons: dict[str, Row] = {}
    for row in rows:
        masked = skeleton(row.text)
        if masked is None:
            continue
        other = skeletons.setdefault(masked, row)
        if other is not row and _plain(other.text) != _plain(row.text):
            yield _near("one skeleton", row, other)
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(_plain(row.text), row)
    distinct = list(first.values())
    for left, right in near_duplicates([row.text for row in distinct]):
        yield _near("near-duplicate", distinct[right], distinct[left])


def _plain(text: str) -> str:
    """Return a text without what a reader hardly sees: case and the kind of white space."""
    return " ".join(text.casefold().split())


def _near(kind: str, row: Row, other: Row) -> Finding:
    if row.split != other.split:
        return Finding(ERROR, f"{kind} across splits", row.where, f"{other.where}: {row.text!r}")
    return Finding(WARNING, kind, row.where, f"{other.where}: {row.text!r}")


def _groups(rows: Iterable[Row], labels: Sequence[str]) -> dict[str, dict[str, Group]]:
    members: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        values = {"all": "all", "split": row.split, "file": row.where.rpartition(":")[0]}
        values |= {column: row.columns[column] for column in GROUPS if column in row.columns}
        for column, value in values.items():
            members[column][value].append(row)
    return {
        column: {value: _group(found, labels) for value, found in sorted(values.items())}
        for column, values in members.items()
    }


def _group(rows: Sequence[Row], labels: Sequence[str]) -> Group:
    carried = Counter(label for row in rows for label in row.labels)
    return Group(
        len(rows),
        round(sum(len(row.text) for row in rows) / len(rows), 1),
        {label: carried[label] for label in labels},
        sum(not row.labels for row in rows),
    )
