"""Predicting: documents in, scored by one process or several, results out in their order."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import typer

from spillover.documents import (
    Batch,
    InputDocument,
    Position,
    ReadOptions,
    documents_of,
    read_batches,
)
from spillover.errors import InputError
from spillover.files import STDIN
from spillover.output import Csv, Format, Jsonl, Parquet, file_format
from spillover.progress import Progress
from spillover.scorer import Model
from spillover.table import Table, printable
from spillover.task import LOW_COVERAGE, Done, Skipped, Task, count
from spillover.version import __version__

_Stats = Sequence[os.stat_result]


@dataclass(frozen=True)
class Request:
    """What `run` is asked to do.

    Attributes
    ----------
    files : sequence of str
        The input: paths, or ``-`` for standard input.
    text : str or None
        A text to score in place of files.
    read : ReadOptions
        How to read the files; with `lines`, each row is a sentence already.
    only : frozenset of str
        Keep only sentences that carry one of these labels; all if it is empty.
    skip : bool
        Whether to count rows that are no documents, instead of stopping at the first.
    known_only : bool
        Whether to leave out, and count, sentences of low coverage.
    raw_csv : bool
        Whether to write CSV cells as they are, even if a spreadsheet would run them.
    output : Path or None
        The file to write; None for standard output.
    jobs : int
        How many processes.
    resume : bool
        Whether to go on from where an earlier run broke off.
    """

    files: Sequence[str]
    text: str | None
    read: ReadOptions
    only: frozenset[str]
    skip: bool
    known_only: bool
    raw_csv: bool
    output: Path | None
    jobs: int
    resume: bool


def run(model: Model, request: Request) -> None:
    """Score what is asked for and write the results.

    Raises
    ------
    InputError
        If the input cannot be read, or the output not be written.
    WorkerError
        If a process of several dies.
    OSError
        If the disk is full.
    """
    stats = _stats(request.files)
    if request.resume and not stats:
        raise InputError(
            "--resume needs files that can be read again, not standard input, a pipe or --text"
        )
    skipped: Skipped = {}
    if request.output is None:
        _to_standard_output(model, request, stats, skipped)
    else:
        _to_file(request.output, model, request, stats, skipped)
    unknown, _ = skipped.pop(LOW_COVERAGE, (0, ""))
    if unknown:
        sentences = "1 sentence" if unknown == 1 else f"{unknown} sentences"
        typer.echo(f"spillover: {sentences} of low coverage skipped", err=True)
    if skipped:
        kinds = [f"{number} {kind} (first {where})" for kind, (number, where) in skipped.items()]
        total = sum(number for number, _ in skipped.values())
        rows = "1 row" if total == 1 else f"{total} rows"
        typer.echo(printable(f"spillover: {rows} skipped: {', '.join(kinds)}"), err=True)


def _to_standard_output(model: Model, request: Request, stats: _Stats, skipped: Skipped) -> None:
    stream = sys.stdout
    if stream is None:
        raise InputError("standard output is closed; name a file with --output")
    is_terminal = stream.isatty()
    how = Table(model.labels) if is_terminal else Jsonl(model.labels)
    is_first = True

    def write(done: Done) -> None:
        nonlocal is_first
        text = done.content.decode()
        stream.write(text.removeprefix("\n") if is_first else text)
        stream.flush()
        is_first = is_first and not text

    batches = _batches(request, Position())
    # On a terminal the results themselves show how far it is.
    progress = Progress(stats, shown=not is_terminal)
    try:
        _work(_task(model, request, how), batches, request.jobs, skipped, progress, write)
    except BrokenPipeError:  # `| head` has what it wanted
        # Python flushes standard output once more at exit; give it somewhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _to_file(output: Path, model: Model, request: Request, stats: _Stats, skipped: Skipped) -> None:
    from spillover.partfile import part_file

    kind = file_format(output)
    fingerprint = _fingerprint(model, request, stats) if stats else None
    with part_file(output, fingerprint, request.resume) as part:
        start = part.checkpoint
        batches = _batches(request, start.position if start else Position())
        if start:
            kept = start.columns
            skipped.update(start.skipped)
        else:
            kept, batches = _kept_columns(batches, request.read)
        how: Jsonl | Csv | Parquet
        if kind == "jsonl":
            how = Jsonl(model.labels)
        elif kind == "csv":
            how = Csv(model.labels, tuple(kept), request.raw_csv)
        else:
            how = Parquet(model.labels, tuple(kept))
        part.begin(how, kept)

        def write(done: Done) -> None:
            part.write(done.content, done.end, skipped)

        task = _task(model, request, how)
        _work(task, batches, request.jobs, skipped, Progress(stats, shown=True), write)


def _task(model: Model, request: Request, how: Format) -> Task:
    return Task(model, request.read, request.only, request.skip, request.known_only, how)


def _work(
    task: Task,
    batches: Iterable[Batch],
    jobs: int,
    skipped: Skipped,
    progress: Progress,
    write: Callable[[Done], None],
) -> None:
    with ExitStack() as ended:
        if isinstance(batches, Generator):  # or a file would stay open behind an error
            ended.enter_context(closing(batches))
        each_done = ended.enter_context(closing(_each_done(task, batches, jobs)))
        for done in each_done:
            progress.clear()
            for warning in done.warnings:
                typer.echo(printable(f"spillover: {warning}"), err=True)
            count(skipped, done.skipped)
            if done.unknown:
                count(skipped, {LOW_COVERAGE: (done.unknown, "")})
            write(done)
            if done.failure:
                raise done.failure
            progress.advance(done.sentences, done.end.file, done.read)
    progress.clear()


def _each_done(task: Task, batches: Iterable[Batch], jobs: int) -> Generator[Done]:
    if jobs == 1:
        yield from map(task, batches)
    else:
        from spillover.processes import in_processes

        yield from in_processes(task, batches, jobs)


def _batches(request: Request, after: Position) -> Iterator[Batch]:
    if request.text is not None:
        document = InputDocument("text", request.text, {})
        return iter([Batch("txt", [document], Position(), 0)])
    return read_batches(request.files, request.read, after)


def _kept_columns(batches: Iterator[Batch], read: ReadOptions) -> tuple[list[str], Iterator[Batch]]:
    """Return the columns of the first document but its text, and the batches as they were."""
    seen = []
    for batch in batches:
        seen.append(batch)
        for found in documents_of(batch, read):
            if isinstance(found, InputDocument):
                return list(found.source), chain(seen, batches)
    return [], iter(seen)


def _stats(files: Sequence[str]) -> list[os.stat_result]:
    """Return what the disk knows of the files; nothing unless all can be read again."""
    try:
        found = [Path(file).stat() for file in files if file != STDIN]
    except FileNotFoundError as error:
        raise InputError(f"{error.filename}: no such file") from None
    except OSError:  # told when it is opened
        return []
    are_files = len(found) == len(files) and all(stat.S_ISREG(each.st_mode) for each in found)
    return found if are_files else []


def _fingerprint(model: Model, request: Request, stats: _Stats) -> dict[str, Any]:
    # The time of change tells of any change; a hash would only after all of a file has been read.
    inputs = {
        f"{name} of": f"{each.st_size} bytes, changed at {each.st_mtime_ns} ns"
        for name, each in zip(request.files, stats, strict=True)
    }
    thresholds = {f"the threshold of {label}": at for label, at in model.thresholds.items()}
    return {
        "spillover": __version__,
        "the model": model.version,
        "the files": list(request.files),
        **inputs,
        **thresholds,
        "--column": request.read.column,
        "--input-format": request.read.input_format,
        "--encoding": request.read.encoding,
        "--no-split": request.read.lines,
        "--max-document": request.read.max_document,
        "--only": sorted(request.only),
        "--on-error": "skip" if request.skip else "stop",
        "--skip-low-coverage": request.known_only,
        "--raw-csv": request.raw_csv,
    }
