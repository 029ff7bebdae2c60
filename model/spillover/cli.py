"""The command line. Each command is thin, and imports what is heavy inside itself."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from spillover.errors import InputError, SpilloverError
from spillover.version import __version__

app = typer.Typer(
    name="spillover",
    help="Signals of war in news text: military strike, casualty report, diplomatic meeting, "
    "spillover risk, sentence by sentence.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ModelOption = Annotated[
    Path | None,
    typer.Option("--model", metavar="DIR", help="A model folder; default: the shipped one."),
]


def main() -> None:
    """Run the command line; print an error that the user can mend as one line, exit with 2."""
    try:
        app()
    except SpilloverError as error:
        _fail(str(error))
    except BrokenPipeError:  # `| head` has what it wanted
        # Python flushes standard output once more at exit; give it somewhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(130)


def _fail(message: str) -> None:
    typer.echo(f"spillover: {message}", err=True)
    sys.exit(2)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"spillover {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Hold the options that stand before a command."""


@app.command(epilog="Example: spillover predict articles.jsonl --column body --output signals.csv")
def predict(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE]...",
            help="Text, JSONL, CSV, TSV or Parquet; .gz and .zst too; - for stdin.",
        ),
    ] = None,
    text: Annotated[str | None, typer.Option(help="Score this text instead of files.")] = None,
    column: Annotated[str, typer.Option(help="The column that holds the text.")] = "text",
    input_format: Annotated[
        str | None, typer.Option(help="txt, jsonl, csv, tsv or parquet; default: by the suffix.")
    ] = None,
    encoding: Annotated[str, typer.Option(help="Of text, JSONL, CSV and TSV.")] = "utf-8",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="A .jsonl, .csv or .parquet file."),
    ] = None,
    no_split: Annotated[
        bool, typer.Option("--no-split", help="Each row, or line of text, is one sentence already.")
    ] = False,
    threshold: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[LABEL=]P", help="Probability from which a label is carried; repeatable."
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LABEL", help="Keep only sentences that carry this label; repeatable."
        ),
    ] = None,
    on_error: Annotated[
        str, typer.Option(metavar="stop|skip", help="What to do with a row that has no text.")
    ] = "stop",
    model: ModelOption = None,
) -> None:
    """Label news, sentence by sentence: a table on a terminal, JSONL in a pipe, or a file."""
    import spillover
    from spillover.documents import FORMATS, STDIN, InputDocument, ReadOptions, read_documents
    from spillover.output import Result, opened

    if on_error not in ("stop", "skip"):
        raise InputError(f"--on-error must be stop or skip, got {on_error!r}")
    if input_format is not None and input_format not in FORMATS:
        raise InputError(
            f"--input-format must be one of {', '.join(FORMATS)}, got {input_format!r}"
        )
    if text is None and not files:
        if sys.stdin.isatty():
            raise InputError("nothing to read: name a FILE, - for standard input, or --text")
        files = [STDIN]
    if text is not None and files:
        raise InputError("give files or --text, not both")
    classifier = spillover.load(model).with_thresholds(_thresholds(threshold or []))
    for label in only or []:
        if label not in classifier.labels:
            raise InputError(
                f"--only: no label {label!r} (there are {', '.join(classifier.labels)})"
            )

    how = ReadOptions(column, input_format, encoding, lines=no_split)
    skipped = 0

    def documents() -> Iterator[InputDocument]:
        nonlocal skipped
        if text is not None:
            yield InputDocument("text", text, {})
        for file in files or []:
            for found in read_documents(file, how):
                if isinstance(found, InputDocument):
                    if no_split and len(found.text) > 1000:
                        typer.echo(
                            f"spillover: {found.name}: {len(found.text)} characters read as one "
                            "sentence; leave out --no-split for documents",
                            err=True,
                        )
                    yield found
                elif on_error == "stop":
                    raise found
                else:
                    skipped += 1

    with opened(output, classifier.labels) as write:
        for document in documents():
            read = classifier.read_sentence if no_split else classifier.read
            for number, sentence in enumerate(read(document.text)):
                if not only or set(only) & set(sentence.labels):
                    write(Result(document.name, number, sentence, document.source))
    if skipped:
        typer.echo(f"spillover: {skipped} rows without text were skipped", err=True)


@app.command(epilog="Example: spillover train my_rows.csv --out my_model")
def train(
    data: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[DATA]...",
            help="JSONL, CSV, TSV or Parquet files, folders of them, or hf:owner/name; "
            "default: data/labeled/.",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="The model folder to write.")] = ...,  # type: ignore[assignment]
    terms: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Term classes other than the shipped ones.")
    ] = None,
    jobs: Annotated[
        int, typer.Option(min=1, help="Processes; default: one a core.")
    ] = os.cpu_count() or 1,
    encoding: Annotated[str, typer.Option(help="Of JSONL, CSV and TSV.")] = "utf-8",
) -> None:
    """Train a model on labelled sentences: columns text, labels and, if there are, item, split."""
    with _training("train"):
        from spillover_training.corpus import label_meanings, read_rows
        from spillover_training.train import train as run

    from spillover.terms import SHIPPED, TermClasses

    sources = data or [_default_data()]
    rows = read_rows(sources, encoding)
    with _progress("cross-validating") as progress:
        model, test = run(
            rows,
            label_meanings(sources, rows),
            out,
            terms=TermClasses.read(terms or SHIPPED),
            jobs=jobs,
            progress=progress,
        )
    if test:
        typer.echo(f"On the test split ({test.n_rows} rows):\n\n{test.to_table()}\n")
    typer.echo(f"Model {model.version} is in {out}")


@app.command(epilog="Example: spillover evaluate data/labeled --split test")
def evaluate(
    data: Annotated[
        list[str], typer.Argument(metavar="DATA...", help="Labelled rows, as for train.")
    ],
    model: ModelOption = None,
    split: Annotated[
        str, typer.Option(metavar="all|train|test", help="Which rows to use.")
    ] = "all",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    encoding: Annotated[str, typer.Option(help="Of JSONL, CSV and TSV.")] = "utf-8",
) -> None:
    """Compare a model's labels with those of labelled rows."""
    import spillover

    with _training("evaluate"):
        from spillover_training.corpus import SPLITS, read_rows
        from spillover_training.evaluate import evaluate as run

    if split not in ("all", *SPLITS):
        raise InputError(f"--split must be all, train or test, got {split!r}")
    rows = [row for row in read_rows(data, encoding) if split in ("all", row.split)]
    result = run(spillover.load(model), rows)
    typer.echo(json.dumps(result.to_json(), indent=2) if as_json else result.to_table())


@app.command(epilog="Example: spillover info --model my_model")
def info(
    model: ModelOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show a model's labels, thresholds, origin and metrics."""
    import spillover

    loaded = spillover.load(model)
    training: dict[str, Any] = dict(loaded.parts.training)
    if as_json:
        shown = {"version": loaded.version, "labels": dict(loaded.parts.labels)}
        typer.echo(
            json.dumps(
                {**shown, "thresholds": dict(loaded.thresholds), "training": training}, indent=2
            )
        )
        return
    typer.echo(f"model     {loaded.version}")
    typer.echo(f"data      {training.get('data', 'unknown')}")
    typer.echo(f"trained   {training.get('rows', '?')} rows, {training.get('items', '?')} items")
    test = training.get("test", {})
    for label, meaning in loaded.parts.labels.items():
        typer.echo(f"\n{label}  (threshold {loaded.thresholds[label]:.3f})")
        if meaning:
            typer.echo(f"    {meaning}")
        metrics = test.get("labels", {}).get(label)
        if metrics:
            figures = ", ".join(f"{name} {value}" for name, value in metrics.items())
            typer.echo(f"    test split: {figures}")


def _thresholds(given: list[str]) -> dict[str | None, float]:
    """Read ``0.4`` and ``LABEL=0.4``; the entry None holds for every label."""
    thresholds: dict[str | None, float] = {}
    for entry in given:
        label, _, value = entry.rpartition("=")
        try:
            thresholds[label or None] = float(value)
        except ValueError:
            raise InputError(f"--threshold must be P or LABEL=P, got {entry!r}") from None
    return thresholds


def _default_data() -> str:
    folder = Path("data/labeled")
    if not folder.is_dir():
        raise InputError("no DATA given, and there is no data/labeled here")
    return str(folder)


@contextmanager
def _training(command: str) -> Iterator[None]:
    """Say in one line what to install when the training extra is missing."""
    try:
        yield
    except ImportError as error:
        if error.name and error.name.startswith("spillover"):
            raise
        raise InputError(f"spillover {command} needs: pip install 'spillover[train]'") from None


@contextmanager
def _progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on standard error while it is a terminal."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    with typer.progressbar(length=1000, label=label, file=sys.stderr) as bar:
        yield lambda done, total: bar.update(1000 * done // total - bar.pos)
