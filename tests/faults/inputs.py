"""Input files, damaged by chance and on purpose."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from command_line import SPILLOVER

from faults.harness import DONE, REFUSED, Fault, Setting, command, damaged, outcome

RECORDS = [
    {"text": text, "n": str(number)}
    for number, text in enumerate(
        ["Rockets hit the port, killing three.", "Bread is “dear”.", 'He said: "No."', "Zoë left."]
        * 25
    )
]
JSONL = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in RECORDS).encode()
CSV = b"text,n\n" + b"".join(
    '"{}",{}\n'.format(each["text"].replace('"', '""'), each["n"]).encode() for each in RECORDS
)
SKIPPED = "exit 0, one line"
ZOE = {"txt": "Zoë left.\n", "jsonl": '{"text": "Zoë"}\n', "csv": "text\nZoë\n"}


def _parquet() -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(RECORDS), sink, row_group_size=30)
    return bytes(sink.getvalue().to_pybytes())


def in_damaged(name: str, make: Callable[[], bytes]) -> Callable[[Setting], Iterator[str]]:
    """Damage a file and predict on it, also skipping broken rows."""

    def tries(setting: Setting) -> Iterator[str]:
        content = make()
        path = setting.folder / name
        for case in range(setting.cases):
            path.write_bytes(damaged(content, setting.draw))
            ended, out = command("predict", path, *(["--on-error", "skip"] if case % 2 else []))
            for line in out.splitlines():
                json.loads(line)
            yield ended

    return tries


def labelled(setting: Setting) -> Iterator[str]:
    """Damage labelled rows, and evaluate on them."""
    labels = [["military_strike", "casualty_report"], [], [], ["diplomatic_meeting"]]
    rows = [
        json.dumps({"text": each["text"], "labels": labels[at % 4]}).encode()
        for at, each in enumerate(RECORDS[:20])
    ]
    path = setting.folder / "rows.jsonl"
    for _ in range(setting.cases):
        path.write_bytes(damaged(b"\n".join(rows), setting.draw))
        yield command("evaluate", path)[0]


def encodings(setting: Setting) -> Iterator[str]:
    """Read text in one encoding as another, with and without a byte order mark."""
    for suffix, content in ZOE.items():
        for written in ("utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp1252", "utf-32"):
            for told in ("utf-8", "utf-8-sig", "utf-16", "latin-1", "ascii", "undefined", "hex"):
                path = setting.folder / f"in.{suffix}"
                path.write_bytes(content.encode(written))
                yield command("predict", path, "--encoding", told)[0]
    (setting.folder / "mixed.jsonl").write_bytes(b'{"text": "Zo\xc3\xab"}\n{"text": "Zo\xeb"}\n')
    yield command("predict", setting.folder / "mixed.jsonl")[0]


def bombs(setting: Setting) -> Iterator[str]:
    """Read gigabytes from a small file, in memory for a fraction of them."""
    zeros = bytes(1 << 26)
    packed = {"gz": gzip.compress(zeros, 1), "zst": pa.compress(zeros, "zstd", asbytes=True)}
    first = {"gz": gzip.compress(b"text\n"), "zst": pa.compress(b"text\n", "zstd", asbytes=True)}
    for case, (kind, suffix) in enumerate(product(("jsonl", "txt", "csv"), packed)):
        path = setting.folder / f"bomb.{kind}.{suffix}"
        path.write_bytes((first[suffix] if kind == "csv" else b"") + packed[suffix] * 32)
        yield _in_bounded_memory(path, *(["--on-error", "skip"] if case == 0 else []))
    path = setting.folder / "bomb.parquet"
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 1000), pa.array(["a" * 70_000_000]))
    pq.write_table(pa.table({"text": texts}), path, store_schema=False)  # read as strings: 70 GB
    yield _in_bounded_memory(path, most=3_000_000)


def long_lines(setting: Setting) -> Iterator[str]:
    """Read a line of 500 MB, with a good one after it; skip it too."""
    for case, kind in enumerate(("jsonl", "txt", "csv", "tsv", "jsonl")):
        path = setting.folder / f"line.{kind}"
        with path.open("wb") as file:
            file.write(b"text\n" if kind.endswith("sv") else b"")
            file.truncate(500_000_000)  # zeros that take no room on the disk
            file.seek(0, os.SEEK_END)
            file.write(b'\n{"text": "Bread is dear."}\n')
        yield _in_bounded_memory(path, *(["--on-error", "skip"] if case == 4 else []))


def _in_bounded_memory(path: Path, *options: str, most: int = 1_000_000) -> str:
    """Predict in a process of its own; return the outcome, or the memory if above so many kB."""
    predict = [*SPILLOVER, "predict", str(path), *options]
    begun = subprocess.Popen(predict, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert begun.stderr is not None
    told = begun.stderr.read()
    begun.stderr.close()
    _, status, used = os.wait4(begun.pid, 0)
    begun.returncode = os.waitstatus_to_exitcode(status)
    if used.ru_maxrss > most:
        return f"{used.ru_maxrss} kB of memory"
    return outcome(begun.returncode, told.decode())


def places(setting: Setting) -> Iterator[str]:
    """Read from, and write to, what is no file."""
    folder = setting.folder
    (folder / "in.txt").write_text("A word.")
    (folder / "loop").symlink_to("loop")
    (folder / "dangling").symlink_to("nothing")
    for source in (".", "loop", "dangling", "missing", "in.txt/more", "a" * 5000):
        yield command("predict", folder / source)[0]
    for output in ("missing/out.csv", "in.txt/out.csv", "a" * 5000 + ".csv"):
        yield command("predict", folder / "in.txt", "-o", folder / output)[0]
    os.mkdir(folder / "out.jsonl")  # noqa: PTH102
    yield command("predict", folder / "in.txt", "-o", folder / "out.jsonl")[0]


def nothing(setting: Setting) -> Iterator[str]:
    """Read what has nothing in it."""
    for kind in ("txt", "jsonl", "csv", "tsv"):
        yield command("predict", "/dev/null", "--input-format", kind)[0]
        (setting.folder / f"in.{kind}").write_bytes(b"")
        yield command("predict", setting.folder / f"in.{kind}")[0]


def texts(setting: Setting) -> Iterator[str]:
    """Score text of any characters, halves of surrogate pairs among them, and write it."""
    for case in range(setting.cases):
        text = "".join(chr(setting.draw.randrange(0x110000)) for _ in range(40))
        path = setting.folder / "in.jsonl"
        path.write_text(json.dumps({"text": text, text[:5]: text}) + "\n")
        kind = ("jsonl", "csv", "parquet")[case % 3]
        yield command("predict", path, "-o", setting.folder / f"out.{kind}")[0]


FAULTS = (
    Fault("input: JSONL damaged", (DONE, REFUSED), in_damaged("a.jsonl", lambda: JSONL), 60, 1000),
    Fault("input: CSV damaged", (DONE, REFUSED), in_damaged("a.csv", lambda: CSV), 60, 1000),
    Fault("input: Parquet damaged", (DONE, REFUSED), in_damaged("a.parquet", _parquet), 60, 1000),
    Fault(
        "input: gzip damaged",
        (DONE, REFUSED),
        in_damaged("a.jsonl.gz", lambda: gzip.compress(JSONL, mtime=0)),
        60,
        1000,
    ),
    Fault(
        "input: zstd damaged",
        (DONE, REFUSED),
        in_damaged("a.csv.zst", lambda: bytes(pa.compress(CSV, codec="zstd", asbytes=True))),
        60,
        1000,
    ),
    Fault("labelled data: JSONL damaged; evaluate", (DONE, REFUSED), labelled, 20, 300),
    Fault("input: one encoding read as another", (DONE, REFUSED), encodings, 1, 1),
    Fault("input: decompression bomb of 2 GB and more", (REFUSED, SKIPPED), bombs, 1, 1),
    Fault("input: line of 500 MB", (REFUSED, SKIPPED), long_lines, 1, 1),
    Fault("input, output: folder, loop, missing, too long a name", (REFUSED,), places, 1, 1),
    Fault("input: empty, /dev/null", (DONE,), nothing, 1, 1),
    Fault("input: text of any characters", (DONE, REFUSED), texts, 30, 1000),
)
