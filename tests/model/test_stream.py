"""Long runs: in several processes, broken off and gone on with, within bounds."""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from command_line import SPILLOVER, lines, refused, run, started_as, workers_of
from joblib.externals.loky.process_executor import _ExecutorManagerThread

import spillover
from spillover import files, stream, writers
from spillover.documents import ReadOptions
from spillover.errors import InputError
from spillover.processes import in_processes
from spillover.progress import Progress
from spillover.scored import Scored

KINDS = ["jsonl", "csv", "parquet"]
SENTENCES = ["Rockets hit the port, killing three.", "Bread is dear.", "The talks began in Osha."]


@pytest.fixture
def articles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three hundred short articles, read in about thirty batches."""
    monkeypatch.setattr(files, "_CHUNK", 1000)
    monkeypatch.setattr(writers, "_ROWS", 100)
    return write_articles(tmp_path / "in.jsonl", 300)


def write_articles(path: Path, number: int) -> Path:
    draw = random.Random(7)
    with path.open("w") as out:
        for each in range(number):
            text = " ".join(draw.choices(SENTENCES, k=draw.randint(0, 5)))
            out.write(json.dumps({"id": each, "text": text}) + "\n")
    return path


def request(path: Path, output: Path, **changes: Any) -> stream.Request:
    plain = stream.Request(
        files=[str(path)],
        text=None,
        read=ReadOptions(),
        only=frozenset(),
        skip=False,
        known_only=False,
        raw_csv=False,
        output=output,
        jobs=1,
        resume=False,
    )
    return replace(plain, **changes)


def whole(path: Path, kind: str) -> bytes:
    """Return the output of a run that nothing disturbed."""
    output = path.with_name(f"whole.{kind}")
    stream.run(spillover.load(), request(path, output))
    content = output.read_bytes()
    output.unlink()
    return content


class Stopping:
    """A model that is interrupted when it has read so many batches."""

    def __init__(self, after: int) -> None:
        self._model = spillover.load()
        self._left = after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def score_documents(self, texts: list[str], *, split: bool) -> Scored:
        self._left -= 1
        if self._left < 0:
            raise KeyboardInterrupt
        return self._model.score_documents(texts, split=split)


def stop(after: int, asked: stream.Request) -> None:
    with pytest.raises(KeyboardInterrupt):
        stream.run(Stopping(after), asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_several_processes_write_the_same(articles: Path, kind: str) -> None:
    output = articles.with_name(f"out.{kind}")
    stream.run(spillover.load(), request(articles, output, jobs=2))
    assert output.read_bytes() == whole(articles, kind)
    assert sorted(each.name for each in articles.parent.iterdir()) == ["in.jsonl", output.name]


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_goes_on_where_it_was_interrupted(articles: Path, kind: str) -> None:
    output = articles.with_name(f"out.{kind}")
    output.write_text("old")
    asked = request(articles, output, resume=True)
    for after in (0, 1, 4, 6):
        stop(after, asked)
        assert output.read_text() == "old"
    part = output.with_name(output.name + ".part")
    with part.open("ab") as stray:  # what was written after the last checkpoint
        stray.write(b"half a li")
    stream.run(spillover.load(), asked)
    assert output.read_bytes() == whole(articles, kind)
    assert sorted(each.name for each in articles.parent.iterdir()) == ["in.jsonl", output.name]


def test_a_run_that_goes_on_does_not_read_again_what_is_done(articles: Path) -> None:
    output = articles.with_name("out.jsonl")
    stop(5, request(articles, output))
    done = json.loads((articles.parent / "out.jsonl.part.json").read_text())
    assert done["row"] > 30
    stop(0, request(articles, output, resume=True))
    assert json.loads((articles.parent / "out.jsonl.part.json").read_text()) == done


def test_without_resume_a_run_starts_afresh(articles: Path) -> None:
    output = articles.with_name("out.jsonl")
    stop(5, request(articles, output))
    stream.run(spillover.load(), request(articles, output))
    assert output.read_bytes() == whole(articles, "jsonl")


def test_rows_skipped_before_an_interruption_are_counted(
    articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with articles.open("a") as more:
        more.write("{}\n")
    content = articles.read_text()
    articles.write_text("broken\n" + content)
    asked = request(articles, articles.with_name("out.jsonl"), skip=True, resume=True)
    stop(5, asked)
    stream.run(spillover.load(), asked)
    assert capsys.readouterr().err == (
        f"spillover: 2 rows skipped: 1 not JSON (first {articles}:1), "
        f"1 without text (first {articles}:302)\n"
    )


def test_bad_input_leaves_nothing(articles: Path) -> None:
    with articles.open("a") as more:
        more.write("broken\n")
    for kind in KINDS:
        with pytest.raises(InputError, match=":301: not JSON"):
            stream.run(
                spillover.load(), request(articles, articles.with_name(f"out.{kind}"), jobs=2)
            )
        assert list(articles.parent.iterdir()) == [articles]


def test_another_run_is_not_gone_on_with(articles: Path) -> None:
    output = articles.with_name("out.jsonl")
    stop(5, request(articles, output))
    part = (articles.parent / "out.jsonl.part").read_bytes()
    model = spillover.load()
    body = ReadOptions(column="body")
    other = model.with_thresholds({"military_strike": 0.125})
    before = json.dumps(model.thresholds["military_strike"])
    with pytest.raises(
        InputError,
        match=f"was begun with the threshold of military_strike {before}, which is now "
        "0.125; start afresh without --resume",
    ):
        stream.run(other, request(articles, output, resume=True))
    with pytest.raises(InputError, match=r'--column "text", which is now "body"'):
        stream.run(model, request(articles, output, resume=True, read=body))
    with articles.open("a") as more:
        more.write("{}\n")
    with pytest.raises(
        InputError, match=r"begun with .*in\.jsonl of \"\d+ bytes, changed at \d+ ns"
    ):
        stream.run(model, request(articles, output, resume=True))
    (articles.parent / "out.jsonl.part.json").write_text("{}")
    with pytest.raises(InputError, match=r"out\.jsonl\.part\.json: damaged; start afresh"):
        stream.run(model, request(articles, output, resume=True))
    assert (articles.parent / "out.jsonl.part").read_bytes() == part


def test_pipes_cannot_be_gone_on_with(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    for source in (tmp_path / "pipe.jsonl", "-"):
        done = run("predict", source, "-o", tmp_path / "out.jsonl", "--resume")
        refused(done, "--resume needs files that can be read again, not standard input, a pipe or")
    assert not (tmp_path / "out.jsonl.part").exists()


def test_two_runs_do_not_write_one_file(articles: Path) -> None:
    output = articles.with_name("out.jsonl")
    part = articles.with_name("out.jsonl.part")
    part.write_text("of the other run")
    with part.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(InputError, match=r"out\.jsonl\.part: another run is writing it"):
            stream.run(spillover.load(), request(articles, output))
    assert part.read_text() == "of the other run"


def test_missing_folders_are_refused(articles: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        stream.run(spillover.load(), request(articles, articles.parent / "missing" / "out.csv"))


@pytest.mark.parametrize("kind", KINDS)
def test_no_results_are_a_valid_empty_file(articles: Path, kind: str) -> None:
    output = articles.with_name(f"out.{kind}")
    articles.write_text('{"text": "Bread is dear.", "id": 1}\n')
    stream.run(spillover.load(), request(articles, output, only=frozenset(["spillover_risk"])))
    if kind == "parquet":
        assert pq.read_table(output).num_rows == 0
        assert "source_id" in pq.read_table(output).column_names
    else:
        header = output.read_text()
        assert header.startswith("document,sentence,start,end,text,labels,score_") or not header
        assert header.endswith("low_coverage,source_id\n") or not header


@pytest.mark.parametrize("stopped_by", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_killed_run_leaves_no_process_and_goes_on(tmp_path: Path, stopped_by: int) -> None:
    path = write_articles(tmp_path / "in.jsonl", 20_000)
    with subprocess.Popen(command(path, "--jobs", "2"), stderr=subprocess.PIPE) as begun:
        wait_for_results(begun, path)
        workers = workers_of(begun.pid)
        assert len(workers) == 2
        begun.send_signal(stopped_by)
        _, error = begun.communicate(timeout=30)  # ends when the last process does
    statuses = {signal.SIGINT: 130, signal.SIGTERM: 143}
    assert begun.returncode == statuses.get(signal.Signals(stopped_by), -stopped_by)
    assert error == b"" or stopped_by == signal.SIGKILL  # what joblib says then is its own
    assert not [each for each in workers if started_as(each)]
    done = subprocess.run(command(path, "--resume"), capture_output=True, check=True)
    assert done.stderr == b""
    assert path.with_name("out.jsonl").read_bytes() == whole(path, "jsonl")


def test_work_that_is_given_up_leaves_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    wakened = _ExecutorManagerThread.wait_result_broken_or_wakeup

    def late(thread: _ExecutorManagerThread) -> Any:
        news = wakened(thread)
        time.sleep(0.05)
        return news

    monkeypatch.setattr(_ExecutorManagerThread, "wait_result_broken_or_wakeup", late)
    with pytest.raises(KeyboardInterrupt):
        assert [*in_processes(str, given_up_at_the_third(), 2)] == []
    # That nothing was raised in a thread is what pytest sees to.


def given_up_at_the_third() -> Iterator[int]:
    for item in range(2):
        time.sleep(0.02)  # so that the thread waits before the next
        yield item
    raise KeyboardInterrupt


@pytest.mark.parametrize("stopped_by", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_killed_while_its_workers_start_leaves_no_process(
    tmp_path: Path, stopped_by: int
) -> None:
    path = write_articles(tmp_path / "in.jsonl", 20_000)
    with subprocess.Popen(command(path, "--jobs", "2"), stderr=subprocess.PIPE) as begun:
        while not workers_of(begun.pid):
            time.sleep(0.001)
        begun.send_signal(stopped_by)
        _, error = begun.communicate(timeout=30)  # ends when the last process does
    statuses = {signal.SIGINT: 130, signal.SIGTERM: 143}
    assert begun.returncode == statuses.get(signal.Signals(stopped_by), -stopped_by)
    assert error == b"" or stopped_by == signal.SIGKILL  # what joblib says then is its own


def test_a_worker_that_dies_is_told(tmp_path: Path) -> None:
    path = write_articles(tmp_path / "in.jsonl", 20_000)
    with subprocess.Popen(command(path, "--jobs", "2"), stderr=subprocess.PIPE) as begun:
        wait_for_results(begun, path)
        os.kill(workers_of(begun.pid)[0], signal.SIGKILL)
        _, error = begun.communicate(timeout=30)
    assert error == b"spillover: a worker process died: was it killed, or is memory short?\n"
    assert begun.returncode == 1
    subprocess.run(command(path, "--resume"), check=True)
    assert path.with_name("out.jsonl").read_bytes() == whole(path, "jsonl")


def test_a_full_disk_leaves_what_is_needed_to_go_on(tmp_path: Path) -> None:
    path = write_articles(tmp_path / "in.jsonl", 2000)
    limited = f"ulimit -f 400; exec {' '.join(command(path))}"
    done = subprocess.run(["/bin/sh", "-c", limited], capture_output=True, check=False)
    refused(done, "File too large", status=1)
    assert not path.with_name("out.jsonl").exists()
    subprocess.run(command(path, "--resume"), check=True)
    assert path.with_name("out.jsonl").read_bytes() == whole(path, "jsonl")


@pytest.mark.slow
def test_killed_at_random_again_and_again(tmp_path: Path) -> None:
    path = write_articles(tmp_path / "in.jsonl", 20_000)
    draw = random.Random(7)
    for _ in range(12):
        jobs = str(draw.choice([1, 2, 2, 2]))
        begun = subprocess.Popen(command(path, "--resume", "--jobs", jobs))
        time.sleep(draw.uniform(0.2, 2.5))
        begun.send_signal(draw.choice([signal.SIGINT, signal.SIGTERM, signal.SIGKILL]))
        begun.wait(30)
    subprocess.run(command(path, "--resume"), check=True)
    assert path.with_name("out.jsonl").read_bytes() == whole(path, "jsonl")


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "jobs"), [("jsonl", 1), ("jsonl", 2), ("csv", 1), ("parquet", 1)])
def test_memory_does_not_grow_with_the_input(tmp_path: Path, kind: str, jobs: int) -> None:
    peaks = []
    for number in (2000, 20_000):
        path = tmp_path / f"in{number}.{kind}"
        rows = [{"text": SENTENCES[0], "kept": f"{each} " * 1000} for each in range(number)]
        if kind == "jsonl":
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        elif kind == "csv":
            path.write_text(
                "text,kept\n" + "".join('"{text}",{kept}\n'.format(**row) for row in rows)
            )
        else:
            pq.write_table(pa.Table.from_pylist(rows), path)
        del rows
        output = str(tmp_path / f"out.{kind}")
        arguments = ["predict", str(path), "-o", output, "--jobs", str(jobs)]
        peak = 0
        with subprocess.Popen([*SPILLOVER, *arguments]) as begun:
            while begun.poll() is None:
                peak = max(peak, *map(megabytes, [begun.pid, *workers_of(begun.pid)]))
                time.sleep(0.05)
        assert begun.returncode == 0
        peaks.append(peak)
    assert peaks[1] < 300
    assert peaks[1] < peaks[0] + 120


def test_jobs_without_joblib(tmp_path: Path) -> None:
    (tmp_path / "joblib.py").write_text("raise ImportError")
    (tmp_path / "in.txt").write_text("A word.")
    done = run("predict", "in.txt", "--jobs", "2", cwd=tmp_path)
    refused(done, "spillover predict --jobs needs: pip install 'spillover[jobs]'")


def test_an_error_stops_several_processes_after_the_same_results(tmp_path: Path) -> None:
    path = write_articles(tmp_path / "in.jsonl", 9000)
    with path.open("a") as more:
        more.write('broken\n{"text": "Never read."}\n')
    one, two = (run("predict", path, "--jobs", jobs) for jobs in "12")
    assert one.stdout == two.stdout
    assert one.stdout.count(b"\n") > 20_000
    for done in (one, two):
        refused(done, f"{path}:9001: not JSON")


def test_progress_is_shown_on_a_terminal_alone(tmp_path: Path) -> None:
    path = write_articles(tmp_path / "in.jsonl", 60_000)
    done = run("predict", path, "-o", tmp_path / "out.jsonl")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    mine, its = pty.openpty()
    with subprocess.Popen(command(path), stderr=its) as begun:
        os.close(its)
        shown = b""
        while True:
            try:
                shown += os.read(mine, 1000)
            except OSError:  # nobody has it open any more
                break
    os.close(mine)
    assert begun.returncode == 0
    assert b" sentences, " in shown
    assert b" left" in shown
    assert shown.endswith(b"\r\x1b[K")


def test_progress(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    (tmp_path / "a").write_bytes(b"x" * 1000)
    clock = iter([0.0, 10.0, 20.0])
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    progress = Progress([(tmp_path / "a").stat()] * 2, shown=True)
    progress.advance(50_000, 0, 500)
    progress.advance(50_000, 1, 0)
    shown = terminal.getvalue().split("\r\x1b[K")
    assert shown == [
        "",
        "50,000 sentences, 5,000/s",
        " 50 %  100,000 sentences, 5,000/s, 0:00:40 left",
    ]


def test_results_of_standard_input_come_as_they_are_read(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*SPILLOVER, "predict", "--no-split"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as begun:
        assert begun.stdin is not None
        assert begun.stdout is not None
        for text in ("Rockets hit the port.", "Bread is dear."):
            begun.stdin.write(text.encode() + b"\n")
            begun.stdin.flush()
            assert json.loads(begun.stdout.readline())["text"] == text
        begun.stdin.close()


def test_several_files_are_one_stream(tmp_path: Path) -> None:
    paths = [
        write_articles(tmp_path / name, number) for name, number in (("a.jsonl", 3), ("b.jsonl", 4))
    ]
    together = lines(run("predict", *paths, "--jobs", "2"))
    apart = [line for path in paths for line in lines(run("predict", path))]
    assert together == apart


def command(path: Path, *options: str) -> list[str]:
    return [*SPILLOVER, "predict", str(path), "-o", str(path.with_name("out.jsonl")), *options]


def wait_for_results(begun: subprocess.Popen[bytes], path: Path) -> None:
    part = path.with_name("out.jsonl.part")
    while not part.exists() or not part.stat().st_size:
        assert begun.poll() is None
        time.sleep(0.02)


def megabytes(process: int) -> int:
    """Return the most memory that a process has held; nothing once it has ended."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(found[1]) // 1024 if found else 0
