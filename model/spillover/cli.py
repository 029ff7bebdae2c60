"""The command line. Each command is thin, and imports what is heavy inside itself."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from spillover import reading_commands, training_commands
from spillover.errors import InputError, SpilloverError
from spillover.files import MAX_DOCUMENT, STDIN
from spillover.options import (
    ColumnOption,
    EncodingOption,
    FormatOption,
    ModelOption,
    PolicyOption,
)
from spillover.quick_start import QuickGroup
from spillover.table import printable
from spillover.version import __version__

app = typer.Typer(
    name="spillover",
    cls=QuickGroup,
    help="Signals of war in news text: military strike, casualty report, diplomatic meeting, "
    "spillover risk, sentence by sentence.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(reading_commands.app)
app.add_typer(training_commands.app)


def main() -> None:
    """Run the command line; print an error that the user can mend as one line, exit with 2."""
    # As an exception, so that unfinished files are removed on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        app()
    except SpilloverError as error:
        _tell(error)
        sys.exit(error.exit_status)
    except OSError as error:  # a full disk, most likely; bad input is an InputError
        _tell(error.strerror or error)
        sys.exit(1)
    except MemoryError:
        _tell("there is not enough memory")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _tell(error: object) -> None:
    """Print an error as one line that cannot steer the terminal, whatever names are in it."""
    typer.echo(printable(f"spillover: {error}"), err=True)


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
    column: ColumnOption = "text",
    input_format: FormatOption = None,
    encoding: EncodingOption = "utf-8",
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
    policy: PolicyOption = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LABEL", help="Keep only sentences that carry this label; repeatable."
        ),
    ] = None,
    skip_low_coverage: Annotated[
        bool,
        typer.Option(
            "--skip-low-coverage",
            help="Leave out, and count, sentences whose words the model hardly knows.",
        ),
    ] = False,
    raw_csv: Annotated[
        bool,
        typer.Option(
            "--raw-csv", help="Write CSV cells as they are, even if a spreadsheet would run them."
        ),
    ] = False,
    on_error: Annotated[
        str,
        typer.Option(
            metavar="stop|skip", help="At a row that is broken: stop, or count and skip it."
        ),
    ] = "stop",
    max_document: Annotated[
        int, typer.Option(metavar="BYTES", help="A longer document, or line of a file, is refused.")
    ] = MAX_DOCUMENT,
    jobs: Annotated[int, typer.Option(metavar="N", help="Processes to work in.")] = 1,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where a run that wrote OUTPUT broke off.")
    ] = False,
    model: ModelOption = None,
) -> None:
    """Label news, sentence by sentence: a table on a terminal, JSONL in a pipe, or a file."""
    import spillover
    from spillover import stream
    from spillover.documents import ReadOptions

    if on_error not in ("stop", "skip"):
        raise InputError(f"--on-error must be stop or skip, got {on_error!r}")
    read = ReadOptions(column, input_format, encoding, no_split, max_document)
    for option, value in (("--jobs", jobs), ("--max-document", max_document)):
        if value < 1:
            raise InputError(f"{option} must be 1 or more, got {value}")
    if resume and output is None:
        raise InputError("--resume goes on with a file: name it with --output")
    if text is not None and files:
        raise InputError("give files or --text, not both")
    if text is None and not files:
        if sys.stdin is not None and sys.stdin.isatty():
            raise InputError("nothing to read: name a FILE, - for standard input, or --text")
        files = [STDIN]
    classifier = spillover.load(model, policy).with_thresholds(*_thresholds(threshold or []))
    for label in only or []:
        if label not in classifier.labels:
            raise InputError(
                f"--only: no label {label!r} (there are {', '.join(classifier.labels)})"
            )
    request = stream.Request(
        files=files or [],
        text=text,
        read=read,
        only=frozenset(only or []),
        skip=on_error == "skip",
        known_only=skip_low_coverage,
        raw_csv=raw_csv,
        output=output,
        jobs=jobs,
        resume=resume,
    )
    stream.run(classifier, request)


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
    rows, items = training.get("rows", "?"), training.get("items", "?")
    typer.echo(printable(f"data      {training.get('data', 'unknown')}"))
    typer.echo(printable(f"trained   {rows} rows, {items} items"))
    test = training.get("test", {})
    for label, meaning in loaded.parts.labels.items():
        typer.echo(f"\n{label}  (threshold {loaded.thresholds[label]:.3f})")
        if meaning:
            typer.echo(printable(f"    {meaning}"))
        metrics = test.get("labels", {}).get(label)
        if metrics:
            figures = ", ".join(
                f"{name} {metrics[name][0]:.3f}" for name in ("precision", "recall", "f1")
            )
            typer.echo(f"    test split: {figures}")


def _thresholds(given: list[str]) -> tuple[dict[str, float], float | None]:
    """Read ``LABEL=0.4`` and ``0.4``, which holds for all labels that are not named."""
    by_label, default = {}, None
    for entry in given:
        label, _, value = entry.rpartition("=")
        try:
            at = float(value)
        except ValueError:
            raise InputError(f"--threshold must be P or LABEL=P, got {entry!r}") from None
        if label:
            by_label[label] = at
        else:
            default = at
    return by_label, default
