"""The commands as a user runs them."""

from __future__ import annotations

import gzip
import json
import os
import random
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import SPILLOVER, lines, refused, run

from spillover import cli

ARTICLE = Path(__file__).parents[2] / "examples" / "border-clashes.txt"
STRIKE = "Rockets hit the port, killing three."


def test_predict_an_article() -> None:
    found = lines(run("predict", ARTICLE))
    text = ARTICLE.read_text()
    assert len(found) == 16
    for number, each in enumerate(found):
        assert each["sentence"] == number
        assert text[each["start"] : each["end"]] == each["text"]
    carried = {each["text"]: each["labels"] for each in found}
    assert carried["It gave no word on casualties."] == []


def test_predict_text_and_thresholds() -> None:
    [found] = lines(run("predict", "--text", STRIKE))
    assert found["labels"] == ["military_strike", "casualty_report"]
    [found] = lines(
        run("predict", "--text", STRIKE, "--threshold", "1", "--threshold", "spillover_risk=0")
    )
    assert found["labels"] == ["spillover_risk"]


def test_predict_reads_standard_input_and_keeps_columns(tmp_path: Path) -> None:
    rows = b'{"id": 7, "body": "Rockets hit the port. Bread is dear."}\n'
    found = lines(run("predict", "-", "--input-format", "jsonl", "--column", "body", stdin=rows))
    assert [each["document"] for each in found] == ["-:1", "-:1"]
    assert [each["source"] for each in found] == [{"id": 7}] * 2


def test_predict_without_splitting_and_only() -> None:
    text = f"{STRIKE} More.\nBread is dear.\n".encode()
    assert len(lines(run("predict", "--no-split", stdin=text))) == 2
    [found] = lines(run("predict", "--no-split", "--only", "casualty_report", stdin=text))
    assert found["text"] == f"{STRIKE} More."


def test_predict_into_a_file_that_evaluate_reads(tmp_path: Path) -> None:
    for kind in ("jsonl", "csv", "parquet"):
        out = tmp_path / f"out.{kind}"
        done = run("predict", ARTICLE, "--output", out)
        assert (done.returncode, done.stdout) == (0, b"")
        result = run("evaluate", out, "--json")
        assert json.loads(result.stdout)["labels"]["military_strike"]["f1"] == [1.0, 1.0, 1.0]


def test_formulas_are_tamed_in_csv_and_read_back(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "=1+1 rockets hit the port", "n": "@x"}\n')
    for option, quote in (([], "'"), (["--raw-csv"], "")):
        run("predict", "in.jsonl", "-o", "out.csv", *option, cwd=tmp_path)
        assert f",{quote}=1+1 rockets" in (tmp_path / "out.csv").read_text()
        [again] = lines(run("predict", "out.csv", cwd=tmp_path))
        assert again["text"] == "=1+1 rockets hit the port"
        assert again["source"]["source_n"] == "@x"
        assert run("evaluate", "out.csv", cwd=tmp_path).returncode == 0
        assert run("timeline", "out.csv", "--date-column", "n", cwd=tmp_path).returncode == 2


def test_low_coverage_can_be_skipped_and_is_counted(tmp_path: Path) -> None:
    text = f"{STRIKE}\nScholen blijven maandag dicht.\nBread is dear.\nHet regent.\n"
    (tmp_path / "in.txt").write_text(text)
    done = run("predict", "in.txt", "--skip-low-coverage", cwd=tmp_path)
    assert [each["text"] for each in lines(done)] == [STRIKE, "Bread is dear."]
    assert [each["sentence"] for each in lines(done)] == [0, 2]
    assert done.stderr == b"spillover: 2 sentences of low coverage skipped\n"


def test_messages_do_not_steer_the_terminal(tmp_path: Path) -> None:
    name = "a\x1b[2J\nb.jsonl"
    (tmp_path / name).write_text('{"x\\u001b[2J": 1}\n')
    refused(run("predict", "missing\x1b[2J", cwd=tmp_path), "missing [2J: no such file")
    refused(run("predict", name, cwd=tmp_path), "a [2J b.jsonl:1: no column 'text'")
    done = run("predict", name, "--on-error", "skip", cwd=tmp_path)
    assert done.stderr.decode()[:-1].isprintable()


def test_an_empty_input_gives_an_empty_output() -> None:
    assert lines(run("predict", stdin=b"")) == []


def test_rows_without_text_can_be_skipped(tmp_path: Path) -> None:
    rows = tmp_path / "in.jsonl"
    rows.write_text('{"text": null}\n{"text": "Bread is dear."}\n')
    refused(run("predict", rows), f"{rows}:1: 'text' must be text, got null")
    done = run("predict", rows, "--on-error", "skip")
    assert len(lines(done)) == 1
    assert done.stderr == f"spillover: 1 row skipped: 1 without text (first {rows}:1)\n".encode()


def test_every_kind_of_broken_row_is_counted(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(
        b'{"text": "Bread is dear."}\nbroken\n[1]\n{"text": 3}\n{"text": "caf\xe9"}\n{"x": 1}\n'
        + b'{"text": "%s"}\nagain\n{"text": "It rained."}' % (b"long " * 20)
    )
    (tmp_path / "in.csv").write_bytes(
        b'text,n\nBread.,1\nshort\nlong,1,2\n"it "x,1\ncaf\xe9,2\nRain.,3\n"open,4\n'
    )
    done = run(
        *("predict", "in.jsonl", "in.csv", "--on-error", "skip", "--max-document", "60"),
        cwd=tmp_path,
    )
    found = [each["text"] for each in lines(done)]
    assert found == ["Bread is dear.", "It rained.", "Bread.", "Rain."]
    assert done.stderr.decode() == (
        "spillover: 12 rows skipped: 2 not JSON (first in.jsonl:2), "
        "1 no object (first in.jsonl:3), 2 without text (first in.jsonl:4), "
        "2 not in utf-8 (first in.jsonl:5), "
        "1 too long (first in.jsonl:7), "
        "2 with too few or too many fields (first in.csv:3), 2 not CSV (first in.csv:5)\n"
    )


def test_skipping_rows_does_not_skip_files(tmp_path: Path) -> None:
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(b'{"text": "a"}', mtime=0)[:-9])
    for arguments in (["missing.txt"], ["cut.jsonl.gz"]):
        refused(run("predict", *arguments, "--on-error", "skip", cwd=tmp_path), arguments[0])


def test_long_documents_are_refused(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("A word. " * 20)
    message = "in.txt: more than 100 bytes; split the file"
    refused(run("predict", "in.txt", "--max-document", "100", cwd=tmp_path), message)
    assert len(lines(run("predict", "in.txt", "--max-document", "160", cwd=tmp_path))) == 20


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["predict", "missing.txt"], "missing.txt: no such file"),
        (["predict", "a.txt", "--model", "nowhere"], "nowhere: no model folder"),
        (["predict", "a.txt", "--only", "strike"], "--only: no label 'strike' (there are"),
        (
            ["predict", "a.txt", "--threshold", "high"],
            "--threshold must be P or LABEL=P, got 'high'",
        ),
        (["predict", "a.txt", "--threshold", "x=0.1"], "no label 'x'"),
        (["predict", "a.txt", "--text", "b"], "give files or --text, not both"),
        (["predict", "a.txt", "--on-error", "go"], "--on-error must be stop or skip, got 'go'"),
        (["predict", "a.txt", "--jobs", "0"], "--jobs must be 1 or more, got 0"),
        (["predict", "a.txt", "--max-document", "0"], "--max-document must be 1 or more, got 0"),
        (["predict", "-", "--resume"], "--resume needs files that can be read again, not stand"),
        (["predict", "a.txt", "--input-format", "pdf"], "--input-format must be one of"),
        (["predict", "a.txt", "-o", "a.xlsx"], "a.xlsx: its suffix must be one of"),
        (["predict", "a.jsonl"], "a.jsonl:1204: not JSON (Expecting value)"),
        (["predict", "latin.txt"], "latin.txt: not utf-8 (byte 0xe9 at 3); name its encoding"),
        (["evaluate", "a.txt"], "a.txt: rows are read from"),
        (["evaluate", "labels.jsonl"], "labels.jsonl:1: the model has no label 'riot'"),
        (["evaluate", "numbers.jsonl"], "numbers.jsonl:1: a label must be a string, got 3"),
        (["evaluate", "labels.jsonl", "--split", "dev"], "--split must be all, train or test"),
        (["train", "--out", "m"], "no DATA given, and there is no data/labeled here"),
        (["train", "labels.jsonl", "--out", "m"], "the training split has 1 item(s)"),
        (["train", "labels.jsonl", "--out", "."], ".: is there already and is no model folder"),
        (["info", "--model", "a.txt"], "a.txt: no model folder"),
    ],
)
def test_bad_input_gets_one_line(tmp_path: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "a.txt").write_text("A word.")
    (tmp_path / "a.jsonl").write_text('{"text": "fine"}\n' * 1203 + "broken\n")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    (tmp_path / "labels.jsonl").write_text('{"text": "a", "labels": ["riot"]}\n')
    (tmp_path / "numbers.jsonl").write_text('{"text": "a", "labels": [3]}\n')
    before = sorted(tmp_path.iterdir())
    if arguments[0] == "predict" and "-o" not in arguments:
        arguments = [*arguments, "-o", "out.jsonl"]
    refused(run(*arguments, cwd=tmp_path), message)
    assert sorted(tmp_path.iterdir()) == before


def test_info() -> None:
    shown = run("info").stdout.decode()
    assert "military_strike  (threshold 0." in shown
    found = json.loads(run("info", "--json").stdout)
    assert shown.startswith(f"model     {found['version']}\n")
    assert set(found["thresholds"]) == set(found["labels"])


def test_help_shows_an_example() -> None:
    assert b"predict" in run("--help").stdout
    for command in ("predict", "train", "evaluate", "info"):
        assert f"Example: spillover {command} ".encode() in run(command, "--help").stdout


def test_a_closed_pipe_ends_quietly(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("A word. " * 20_000)
    with subprocess.Popen(
        [sys.executable, "-m", "spillover", "predict", str(tmp_path / "in.txt")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_neither_hash_seed_nor_threads_nor_jobs_change_a_bit(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text(ARTICLE.read_text() * 20)
    written = set()
    for seed, threads, jobs in (("0", "1", "1"), ("1", "2", "1"), ("2", "1", "2")):
        names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
        changed = {"PYTHONHASHSEED": seed, **dict.fromkeys(names, threads)}
        command = [*SPILLOVER, "predict", str(tmp_path / "in.txt"), "--jobs", jobs]
        done = subprocess.run(command, env=os.environ | changed, stdout=subprocess.PIPE, check=True)
        written.add(done.stdout)
    assert len(written) == 1


def test_a_hundred_batches_in_any_order_are_the_same(tmp_path: Path) -> None:
    sentences = [line for line in ARTICLE.read_text().splitlines() if line.strip()] * 50
    shuffled = random.Random(6).sample(range(len(sentences)), len(sentences))
    outputs = []
    for order in (range(len(sentences)), shuffled):
        text = "\n".join(sentences[at] for at in order)
        found = lines(run("predict", "--no-split", stdin=text.encode()))
        outputs.append(dict(zip(order, (each["scores"] for each in found), strict=True)))
    assert outputs[0] == outputs[1]


def test_scoring_imports_nothing_heavy() -> None:
    code = (
        "import sys, spillover, spillover.cli\n"
        "spillover.score('Rockets hit the port.')\n"
        "sys.argv = ['spillover', 'predict', '--text', 'Rockets hit the port.']\n"
        "try:\n    spillover.cli.main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'sklearn', 'scipy', 'pandas', 'pyarrow', 'datasets', 'joblib',\n"
        "         'concurrent.futures', 'multiprocessing', 'pydantic', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.splitlines()[-1] == b"[]"


def test_with_another_version_of_typer_commands_do_the_same() -> None:
    arguments = ["predict", "--text", "Rockets hit the port.", "--threshold", "0.3"]
    code = (
        "import sys, typer\n"
        "typer.__version__ = '99.0'\n"
        f"sys.argv = {['spillover', *arguments]}\n"
        "import spillover.cli\n"
        "spillover.cli.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == run(*arguments).stdout


def test_too_little_memory_is_told_on_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def too_much(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("spillover.stream.run", too_much)
    monkeypatch.setattr(sys, "argv", ["spillover", "predict", "--text", "Rockets hit the port."])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == "spillover: there is not enough memory\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    refused(run("predict", ARTICLE, "-o", tmp_path / "a.csv"), "cannot be written")


@pytest.mark.parametrize("command", ["info", "info --json", "predict --text Rockets", "--help"])
def test_a_full_disk_is_told_on_one_line(command: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*SPILLOVER, *command.split()], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 1
    assert done.stderr == b"spillover: No space left on device\n"


def test_closed_standard_streams() -> None:
    def in_shell(arguments: str) -> subprocess.CompletedProcess[bytes]:
        command = f"{shlex.join(SPILLOVER)} predict {arguments}"
        return subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=False)

    refused(in_shell("<&-"), "-: standard input is closed; name a FILE")
    refused(in_shell("--text Hit. >&-"), "standard output is closed; name a file with --output")
