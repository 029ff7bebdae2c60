"""Commands for people who look at news: reasons, a report, a timeline."""

from __future__ import annotations

import errno
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spillover.errors import InputError
from spillover.extras import extra
from spillover.options import (
    ColumnOption,
    EncodingOption,
    FormatOption,
    ModelOption,
    PolicyOption,
)

if TYPE_CHECKING:
    from spillover.documents import InputDocument
    from spillover.timeline import Timeline

app = typer.Typer()

_FILES_HELP = "Text, JSONL, CSV, TSV or Parquet, or what predict wrote; .gz and .zst too."
FilesArgument = Annotated[list[str], typer.Argument(metavar="FILE...", help=_FILES_HELP)]

_TIMELINE_SUFFIXES = (".html", ".png", ".svg", ".csv")


@app.command(epilog='Example: spillover explain --text "Rockets hit the port, killing three."')
def explain(
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help=_FILES_HELP + " - for stdin.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="Explain this text instead of a file.")] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(help="The label to explain; repeatable; default: those a sentence carries."),
    ] = None,
    column: ColumnOption = "text",
    input_format: FormatOption = None,
    encoding: EncodingOption = "utf-8",
    model: ModelOption = None,
) -> None:
    """Show which words and terms speak for and against the labels of each sentence."""
    import spillover
    from spillover.documents import InputDocument
    from spillover.readings import readings
    from spillover.report.terminal import explanation_lines
    from spillover.table import printable

    if (text is None) == (file is None):
        raise InputError("give one of a FILE, - for standard input, and --text")
    loaded = spillover.load(model)
    for each in label or []:
        if each not in loaded.labels:
            raise InputError(f"--label: no label {each!r} (there are {', '.join(loaded.labels)})")
    documents = (
        [InputDocument("text", text, {})]
        if text is not None
        else _documents([file or ""], column, input_format, encoding)
    )
    for reading in readings(documents, loaded):
        typer.echo(typer.style(printable(reading.name), bold=True, underline=True))
        for sentence in reading.sentences:
            wanted = label or sentence.labels
            if not wanted:
                typer.echo("  " + typer.style(printable(sentence.text), dim=True))
            for line in explanation_lines(loaded.explain(sentence.text), wanted):
                typer.echo(line)


@app.command(epilog="Example: spillover report articles.jsonl --column body --output report.html")
def report(
    files: FilesArgument,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The .html file to write.")
    ],
    column: ColumnOption = "text",
    input_format: FormatOption = None,
    encoding: EncodingOption = "utf-8",
    policy: PolicyOption = None,
    model: ModelOption = None,
) -> None:
    """Write one page with the documents, their telling sentences marked, and the reasons."""
    import spillover
    from spillover.readings import readings

    if output.suffix.lower() != ".html":
        raise InputError(f"{output}: its suffix must be .html")
    with extra("report", "report"):
        from spillover.report.reading_page import reading_page
    loaded = spillover.load(model, policy)
    found = list(readings(_documents(files, column, input_format, encoding), loaded))
    write_page(output, reading_page(found, loaded))


@app.command(epilog="Example: spillover timeline articles.jsonl --every week --output weeks.html")
def timeline(
    files: FilesArgument,
    date_column: Annotated[
        str | None,
        typer.Option(
            help="The column that holds the date; default: a field such as date or published, a "
            "leading 'date 2023-11-08', or the file's name."
        ),
    ] = None,
    every: Annotated[str, typer.Option(metavar="day|week|month", help="How long a step is.")] = (
        "day"
    ),
    index: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LABEL",
            help="A label that the escalation index adds up; repeatable; default: strikes, "
            "casualties and spillover.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="A .html, .png, .svg or .csv file."),
    ] = None,
    column: ColumnOption = "text",
    input_format: FormatOption = None,
    encoding: EncodingOption = "utf-8",
    policy: PolicyOption = None,
    model: ModelOption = None,
) -> None:
    """Follow the labels and an escalation index over time: sparklines, CSV in a pipe, or a file."""
    import spillover
    from spillover import timeline as over_time
    from spillover.dates import date_of
    from spillover.readings import readings

    if output is not None and output.suffix.lower() not in _TIMELINE_SUFFIXES:
        raise InputError(f"{output}: its suffix must be one of {', '.join(_TIMELINE_SUFFIXES)}")
    loaded = spillover.load(model, policy)
    read = readings(_documents(files, column, input_format, encoding), loaded)
    found = over_time.timeline(
        ((date_of(each, date_column), each) for each in read),
        loaded.labels,
        every=every,
        escalating=tuple(index or ()),
    )
    if output is None:
        _show_timeline(found)
    else:
        _write_timeline(found, output, loaded.version)


def _documents(
    files: list[str], column: str, input_format: str | None, encoding: str
) -> Iterator[InputDocument]:
    from spillover.documents import ReadOptions, read_documents

    return read_documents(files, ReadOptions(column, input_format, encoding))


def _show_timeline(found: Timeline) -> None:
    from spillover.report.terminal import timeline_lines
    from spillover.report.timeline_csv import write_csv

    if sys.stdout.isatty():
        for line in timeline_lines(found, shutil.get_terminal_size().columns):
            typer.echo(line)
    else:
        write_csv(found, sys.stdout)


def _write_timeline(found: Timeline, output: Path, version: str) -> None:
    kind = output.suffix.lower().removeprefix(".")
    if kind == "csv":
        from spillover.report.timeline_csv import write_csv

        with _written(output) as part, part.open("w", encoding="utf-8", newline="") as stream:
            write_csv(found, stream)
        return
    with extra("report", "timeline"):
        if kind == "html":
            from spillover.report.timeline_page import timeline_page
        else:
            from spillover.report.timeline_plot import save_plot
    if kind == "html":
        write_page(output, timeline_page(found, version))
    else:
        with _written(output) as part:
            save_plot(found, part, kind)


def write_page(output: Path, page: str) -> None:
    """Write a page; a text's lone surrogates, which no file can hold, become question marks."""
    with _written(output) as part:
        part.write_text(page, "utf-8", errors="replace", newline="\n")


@contextmanager
def _written(output: Path) -> Iterator[Path]:
    """Yield a name to write to, and give the file its own name when all is done."""
    part = output.with_name(output.name + ".part")
    try:
        yield part
        part.replace(output)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        raise InputError(f"{output}: cannot be written ({error.strerror or error})") from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
