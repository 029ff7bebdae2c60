"""What several commands share: options and the progress bar."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

ModelOption = Annotated[
    Path | None,
    typer.Option(
        "--model",
        metavar="DIR",
        readable=False,  # loading tells why not
        help="A model folder; default: the shipped one.",
    ),
]
ColumnOption = Annotated[str, typer.Option(help="The column that holds the text.")]
FormatOption = Annotated[
    str | None, typer.Option(help="txt, jsonl, csv, tsv or parquet; default: by the suffix.")
]
PolicyOption = Annotated[
    str | None, typer.Option(help="f1 (default), precision=P or recall=R, by cross-validation.")
]
EncodingOption = Annotated[str, typer.Option(help="Of text, JSONL, CSV and TSV.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on standard error while it is a terminal; yield what moves it."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    with typer.progressbar(length=1000, label=label, file=sys.stderr) as bar:
        yield lambda done, total: bar.update(1000 * done // total - bar.pos)
