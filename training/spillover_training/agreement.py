"""How far two labellings of the same sentences agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sklearn.metrics import cohen_kappa_score, f1_score

from spillover.documents import read_records
from spillover.errors import InputError


@dataclass(frozen=True)
class LabelAgreement:
    """Agreement on one label.

    Attributes
    ----------
    first, second : int
        How many rows carry it in each labelling.
    f1 : float
        F1 of the second labelling against the first; symmetric.
    kappa : float
        Cohen's kappa (Cohen 1960): agreement beyond chance; 1 where both carry it everywhere.
    """

    first: int
    second: int
    f1: float
    kappa: float


@dataclass(frozen=True)
class Agreement:
    """Agreement of two labellings.

    Attributes
    ----------
    n_rows : int
        How many rows both labelled.
    labels : Mapping of str to LabelAgreement
        By label, sorted.
    """

    n_rows: int
    labels: Mapping[str, LabelAgreement]

    @property
    def macro_f1(self) -> float:
        """The mean F1 over the labels."""
        return sum(each.f1 for each in self.labels.values()) / len(self.labels)

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "n_rows": self.n_rows,
            "macro_f1": round(self.macro_f1, 4),
            "labels": {label: asdict(each) for label, each in self.labels.items()},
        }

    def to_table(self) -> str:
        """Return a table for people, in Markdown."""
        lines = ["| label | first | second | F1 | Cohen's kappa |", "|---|---:|---:|---:|---:|"]
        lines += [
            f"| {label} | {each.first} | {each.second} | {each.f1:.3f} | {each.kappa:.3f} |"
            for label, each in self.labels.items()
        ]
        lines.append(f"| macro-F1, {self.n_rows} rows | | | {self.macro_f1:.3f} | |")
        return "\n".join(lines)


def agreement(source: str) -> Agreement:
    """Compare the fields ``first`` and ``second`` of the rows of a JSONL file.

    Raises
    ------
    InputError
        If the file cannot be read, a row lacks a field, or no row carries a label.
    """
    pairs: list[tuple[set[str], set[str]]] = []
    for line, record in read_records(source):
        for name in ("first", "second"):
            labels = record.get(name)
            if not isinstance(labels, list) or not all(isinstance(each, str) for each in labels):
                raise InputError(f"{source}:{line}: {name!r} must be a list of labels")
        pairs.append((set(record["first"]), set(record["second"])))
    labels = sorted(set().union(*(first | second for first, second in pairs)))
    if not labels:
        raise InputError(f"{source}: no row carries a label; there is nothing to compare")
    table = {}
    for label in labels:
        first = [label in pair[0] for pair in pairs]
        second = [label in pair[1] for pair in pairs]
        table[label] = LabelAgreement(
            sum(first),
            sum(second),
            float(f1_score(first, second, zero_division=0.0)),
            1.0 if all(first) and all(second) else float(cohen_kappa_score(first, second)),
        )
    return Agreement(len(pairs), table)
