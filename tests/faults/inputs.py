"""Input files, damaged by chance and on purpose."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from faults.harness import DONE, REFUSED, Fault, Setting, command, damaged

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
            outcome, out = command("predict", path, *(["--on-error", "skip"] if case % 2 else []))
            for line in out.splitlines():
                json.loads(line)
            yield outcome

    return tries


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
    """Decompress a line, and a text, of hundreds of megabytes from a small file."""
    for name in ("bomb.jsonl.gz", "bomb.txt.gz", "bomb.csv.gz"):
        with gzip.open(setting.folder / name, "wb", compresslevel=1) as file:
            file.write(b"text\n" if ".csv" in name else b"")
            for _ in range(100):
                file.write(bytes(1 << 20))
        yield command("predict", setting.folder / name)[0]


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
    Fault("input: one encoding read as another", (DONE, REFUSED), encodings, 1, 1),
    Fault("input: decompression bomb", (REFUSED,), bombs, 1, 1),
    Fault("input, output: folder, loop, missing, too long a name", (REFUSED,), places, 1, 1),
    Fault("input: empty, /dev/null", (DONE,), nothing, 1, 1),
    Fault("input: text of any characters", (DONE, REFUSED), texts, 30, 1000),
)
