"""The commands explain, report and timeline as a user runs them."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import refused, run

import spillover

ARTICLE = Path(__file__).parents[2] / "examples" / "border-clashes.txt"
STRIKE = "Rockets hit the port, killing three."
MONTH = ARTICLE.parent / "month" / "articles.jsonl"


def test_explain_shows_terms_and_their_sum() -> None:
    shown = run("explain", "--text", f"{STRIKE} Bread is dear.").stdout.decode()
    p = spillover.score(STRIKE)["casualty_report"]
    assert f"● casualty report {p:.2f}" in shown
    assert "air strike near killing “Rockets hit … killing”" in shown
    assert f"the sum, a probability of {p:.4f}" in shown
    assert shown.rstrip().endswith("Bread is dear.")


def test_explain_a_label_that_is_not_carried() -> None:
    shown = run("explain", "-", "--label", "diplomatic_meeting", stdin=b"Bread is dear.").stdout
    assert "■ diplomatic meeting 0.00" in shown.decode()


def test_the_examples_give_a_report_and_the_same_at_every_run(tmp_path: Path) -> None:
    for name in ("a.html", "b.html"):
        done = run("report", ARTICLE, MONTH, "-o", tmp_path / name)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    page = (tmp_path / "a.html").read_text("utf-8")
    assert page == (tmp_path / "b.html").read_text("utf-8")
    assert "Signals in 58 documents" in page
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "b.html"]


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_a_timeline_of_what_predict_wrote_is_that_of_the_texts(tmp_path: Path, kind: str) -> None:
    assert run("predict", MONTH, "-o", tmp_path / f"scored.{kind}").returncode == 0
    direct = run("timeline", MONTH, "--every", "week").stdout
    assert len(direct.splitlines()) == 6
    # Sums of read-back figures can differ in the last digits.
    scored = run("timeline", tmp_path / f"scored.{kind}", "--every", "week").stdout
    assert scored == direct


@pytest.mark.parametrize("kind", ["html", "png", "svg", "csv"])
def test_timeline_files_are_the_same_at_every_run(tmp_path: Path, kind: str) -> None:
    first, second = tmp_path / f"a.{kind}", tmp_path / f"b.{kind}"
    for file in (first, second):
        done = run("timeline", MONTH, "-o", file)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert first.read_bytes() == second.read_bytes()


def test_the_month_builds_up_and_calms_down() -> None:
    rows = list(csv.DictReader(run("timeline", MONTH).stdout.decode().splitlines()))
    assert len(rows) == 30
    index = [float(row["index"]) for row in rows]
    assert sum(index[13:21]) / 8 > 2 * sum(index[:11]) / 11
    assert sum(index[25:]) / 5 < sum(index[13:21]) / 16
    rises = [row["start"] for row in rows if row["rise"] == "1"]
    assert rises
    assert all("2031-05-12" <= day <= "2031-05-20" for day in rises)


def test_dates_from_a_column_and_from_file_names(tmp_path: Path) -> None:
    (tmp_path / "2023-11-08.txt").write_text(STRIKE)
    (tmp_path / "b.jsonl").write_text(json.dumps({"text": STRIKE, "seen": "2023-11-09"}))
    shown = run("timeline", tmp_path / "2023-11-08.txt").stdout.decode()
    assert shown.splitlines()[1].startswith("2023-11-08,1,1,")
    shown = run("timeline", tmp_path / "b.jsonl", "--date-column", "seen").stdout.decode()
    assert shown.splitlines()[1].startswith("2023-11-09,1,1,")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["report", "a.txt", "-o", "a.pdf"], "a.pdf: its suffix must be .html"),
        (["report", "missing.txt", "-o", "a.html"], "missing.txt: no such file"),
        (["report", "a.txt", "-o", "nowhere/a.html"], "nowhere/a.html: cannot be written"),
        (["report", "a.txt", "-o", "a.txt/a.html"], "a.txt/a.html: cannot be written"),
        (["report", "a.txt", "-o", "a.html", "--input-format", "pdf"], "--input-format must be"),
        (["timeline", "a.txt"], "a.txt: no date; name its column with --date-column"),
        (["timeline", "d.jsonl"], "d.jsonl:1: 'date' must be a date such as 2023-11-08, got '8th'"),
        (["timeline", "d.jsonl", "--date-column", "day"], "d.jsonl:1: no column 'day'"),
        (["timeline", "a.txt", "--every", "year"], "--every must be one of day, week, month"),
        (["timeline", "a.txt", "-o", "a.pdf"], "a.pdf: its suffix must be one of .html, .png"),
        (["timeline", "a.txt", "--index", "riot"], "--index: no label 'riot'"),
        (["explain"], "give one of a FILE, - for standard input, and --text"),
        (["explain", "a.txt", "--label", "riot"], "--label: no label 'riot'"),
        (["evaluate", "l.jsonl", "--report", "a.pdf"], "--report: a.pdf: its suffix must be .html"),
    ],
)
def test_bad_input_gets_one_line(tmp_path: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "a.txt").write_text("A word.")
    (tmp_path / "d.jsonl").write_text('{"text": "A word.", "date": "8th"}\n')
    (tmp_path / "l.jsonl").write_text('{"text": "A word.", "labels": []}\n')
    before = sorted(tmp_path.iterdir())
    refused(run(*arguments, cwd=tmp_path), message)
    assert sorted(tmp_path.iterdir()) == before


def test_a_missing_extra_is_one_line(tmp_path: Path) -> None:
    for package, arguments in (
        ("jinja2", ["report", str(MONTH), "-o", str(tmp_path / "a.html")]),
        ("jinja2", ["timeline", str(MONTH), "-o", str(tmp_path / "a.html")]),
        ("matplotlib", ["timeline", str(MONTH), "-o", str(tmp_path / "a.png")]),
    ):
        code = f"import sys; sys.modules[{package!r}] = None; sys.argv[1:] = {arguments!r}\n"
        code += "import spillover.cli; spillover.cli.main()"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
        refused(done, f"spillover {arguments[0]} needs: pip install 'spillover[report]'")


def test_explaining_needs_no_template_engine() -> None:
    code = (
        "import sys; sys.modules['jinja2'] = None; sys.modules['matplotlib'] = None\n"
        "import spillover.cli\n"
        f"sys.argv[1:] = ['explain', '--text', {STRIKE!r}]\n"
        "spillover.cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
