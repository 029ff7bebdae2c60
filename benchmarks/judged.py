"""The rows that every comparison of quality trains and is judged on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from spillover_training.corpus import Row, label_meanings, read_rows

DATA = ["data/labeled"]


def corpus(
    real_news: str | None = None,
) -> tuple[list[Row], Mapping[str, str], dict[str, list[Row]]]:
    """Read the corpus.

    Parameters
    ----------
    real_news : str, optional
        A file to judge on as well, which is no part of the repository.

    Returns
    -------
    list of Row
        All rows of the corpus.
    Mapping of str to str
        Its labels, with what each means.
    dict of str to list of Row
        The rows to judge on, by the name of their set.
    """
    rows = read_rows(DATA)
    judged = {"test split": [row for row in rows if row.split == "test"]}
    if real_news:
        # Feeds have soft hyphens inside words, which only our tokeniser takes out by itself.
        judged["real news"] = [
            replace(row, text=row.text.replace("\u00ad", "")) for row in read_rows([real_news])
        ]
    return rows, label_meanings(DATA, rows), judged
