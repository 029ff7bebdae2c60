"""Commands on labelled data; each imports `spillover_training` inside itself."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from spillover.errors import InputError
from spillover.extras import extra
from spillover.options import EncodingOption, JsonOption, ModelOption, progress_bar
from spillover.reading_commands import write_page
from spillover.table import printable

app = typer.Typer()
corpus = typer.Typer(no_args_is_help=True, help="Check labelled data before training on them.")
app.add_typer(corpus, name="corpus")

_DATA_HELP = "JSONL, CSV, TSV or Parquet files, folders of them, or hf:owner/name"
DataArgument = Annotated[list[str], typer.Argument(metavar="DATA...", help=_DATA_HELP + ".")]
JobsOption = Annotated[int, typer.Option(min=1, help="Processes; default: one a core.")]

_CORES = os.cpu_count() or 1


@app.command(epilog="Example: spillover train my_rows.csv --out my_model")
def train(
    out: Annotated[Path, typer.Option(metavar="DIR", help="The model folder to write.")],
    data: Annotated[
        list[str] | None,
        typer.Argument(metavar="[DATA]...", help=_DATA_HELP + "; default: data/labeled/."),
    ] = None,
    terms: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Term classes other than the shipped ones.")
    ] = None,
    jobs: JobsOption = _CORES,
    encoding: EncodingOption = "utf-8",
) -> None:
    """Train a model on labelled sentences: columns text, labels and, if there are, item, split."""
    with extra("train", "train"):
        from spillover_training.check import ALIKE, OTHER_LABELS, label_findings, repeated
        from spillover_training.corpus import label_meanings, read_rows
        from spillover_training.folds import SEARCHED_ROWS
        from spillover_training.train import train as run

    from spillover.terms import SHIPPED, TermClasses

    sources = data or [_default_data()]
    rows = read_rows(sources, encoding)
    for finding in label_findings(sources, rows):
        if finding.kind == ALIKE:
            told = f"spillover: {finding.where}: {finding.kind}: {finding.detail}"
            typer.echo(printable(told), err=True)
    if contradictory := sum(finding.kind == OTHER_LABELS for finding in repeated(rows)):
        typer.echo(
            f"spillover: texts that stand again with other labels: {contradictory}; "
            "spillover corpus check lists them",
            err=True,
        )
    training_rows = sum(row.split == "train" for row in rows)
    if training_rows > SEARCHED_ROWS:
        typer.echo(
            f"spillover: {training_rows:,} training rows: the search runs on {SEARCHED_ROWS:,} of "
            "them at most, a sample of the items",
            err=True,
        )
    with progress_bar("training") as progress:
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
    training = model.parts.training
    if training["searched_rows"] < training["rows"]:
        typer.echo(f"Searched on {training['searched_rows']} of {training['rows']} training rows.")
    typer.echo(f"Model {model.version} is in {out}")


@app.command(epilog="Example: spillover evaluate data/labeled --split test")
def evaluate(
    data: DataArgument,
    model: ModelOption = None,
    split: Annotated[
        str, typer.Option(metavar="all|train|test", help="Which rows to use.")
    ] = "all",
    by: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Also evaluate apart each value of this.")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write a page with curves and mistakes (.html)."),
    ] = None,
    as_json: JsonOption = False,
    encoding: EncodingOption = "utf-8",
) -> None:
    """Compare a model's labels with those of labelled rows."""
    import spillover

    with extra("train", "evaluate"):
        from spillover_training.corpus import SPLITS, read_rows
        from spillover_training.evaluate import by_column
        from spillover_training.evaluate import evaluate as run

    if report is not None and report.suffix.lower() != ".html":
        raise InputError(f"--report: {report}: its suffix must be .html")
    if split not in ("all", *SPLITS):
        raise InputError(f"--split must be all, train or test, got {split!r}")
    rows = [row for row in read_rows(data, encoding) if split in ("all", row.split)]
    loaded = spillover.load(model)
    results = {"all": run(loaded, rows)}
    if report is not None:
        with extra("report", "evaluate --report"):
            from spillover_training.evaluation_page import evaluation_page
        write_page(report, evaluation_page(loaded, rows, results["all"]))
    if by:
        results |= {f"{by} {value}": each for value, each in by_column(loaded, rows, by).items()}
    if as_json:
        plain = {name: result.to_json() for name, result in results.items()}
        typer.echo(json.dumps(plain if by else plain["all"], indent=2))
    else:
        tables = (
            f"## {printable(name)}\n\n{result.to_table()}" for name, result in results.items()
        )
        typer.echo("\n\n".join(tables) if by else results["all"].to_table())


@corpus.command(epilog="Example: spillover corpus check my_rows.csv")
def check(
    data: DataArgument,
    as_json: JsonOption = False,
    encoding: EncodingOption = "utf-8",
) -> None:
    """Look for faulty rows, duplicates and broken text; exit with 1 if there are errors."""
    with extra("train", "corpus check"):
        from spillover_training.check import check as run

    report = run(data, encoding)
    typer.echo(json.dumps(report.to_json(), indent=2) if as_json else report.to_table())
    if report.n_errors:
        raise typer.Exit(1)


@corpus.command(epilog="Example: spillover corpus doubt my_rows.csv --most 100 > doubtful.jsonl")
def doubt(
    data: DataArgument,
    most: Annotated[int, typer.Option(min=1, help="How many rows to show.")] = 50,
    jobs: JobsOption = _CORES,
    encoding: EncodingOption = "utf-8",
) -> None:
    """Show the rows whose labels a cross-validated model finds least likely, worst first."""
    with extra("train", "corpus doubt"):
        from spillover_training.corpus import label_meanings, read_rows
        from spillover_training.doubt import doubtful

    rows = read_rows(data, encoding)
    with progress_bar("cross-validating") as progress:
        found = doubtful(rows, label_meanings(data, rows), jobs=jobs, progress=progress)
    for each in found[:most]:
        typer.echo(each.to_line() if sys.stdout.isatty() else json.dumps(each.to_json()))


@corpus.command(epilog="Example: spillover corpus agreement data/agreement/second-labels.jsonl")
def agreement(
    file: Annotated[str, typer.Argument(help="JSONL rows with the fields first and second.")],
    as_json: JsonOption = False,
) -> None:
    """Show how far two labellings of the same sentences agree: F1 and Cohen's kappa a label."""
    with extra("train", "corpus agreement"):
        from spillover_training.agreement import agreement as run

    result = run(file)
    typer.echo(json.dumps(result.to_json(), indent=2) if as_json else result.to_table())


def _default_data() -> str:
    folder = Path("data/labeled")
    if not folder.is_dir():
        raise InputError("no DATA given, and there is no data/labeled here")
    return str(folder)
