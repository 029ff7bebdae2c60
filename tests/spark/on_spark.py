"""Spark as the tests start it: on loopback, with the Python that runs them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

pyspark = pytest.importorskip("pyspark", reason="no pyspark here: pip install 'spillover[spark]'")

BIN = Path(pyspark.__file__).parent / "bin"
JOB = Path(__file__).parents[2] / "examples" / "spark" / "job.py"
PATIENCE = 600


def environment() -> dict[str, str]:
    """Return the variables that Spark is started with; the test is skipped without Java."""
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("no Java here: apt-get install openjdk-17-jre-headless")
    return {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}


class Family:
    """Processes started here and all that they start, told by a mark in their environment."""

    def __init__(self) -> None:
        self._mark = f"SPILLOVER_TEST={uuid.uuid4()}"
        name, value = self._mark.split("=")
        self.environment = os.environ | environment() | {name: value}
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, log: Path, *command: str | Path) -> subprocess.Popen[bytes]:
        """Start a process that writes what it says to a log."""
        with log.open("wb") as sink:
            process = subprocess.Popen(
                command, env=self.environment, stdout=sink, stderr=sink, cwd=log.parent
            )
        self._started.append(process)
        return process

    def members(self, wanted: str = "") -> list[int]:
        """Return those that live and have something in their command line."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it has ended, or is somebody else's
                marked = self._mark.encode() in (folder / "environ").read_bytes().split(b"\0")
                if marked and wanted.encode() in (folder / "cmdline").read_bytes():
                    found.append(int(folder.name))
        return found

    def end(self) -> None:
        """End all of them."""
        for number, pause in ((signal.SIGTERM, 10.0), (signal.SIGKILL, 10.0)):
            for member in self.members():
                with suppress(ProcessLookupError):
                    os.kill(member, number)
            with suppress(TimeoutError):
                wait_for(lambda: not self.members(), pause)
        for process in self._started:
            process.wait(10)


def python_workers(family: Family) -> list[int]:
    """Return the processes in which Python code of a job runs: the children of a daemon."""
    daemons = family.members("pyspark.daemon")
    return [member for member in daemons if int(_stat(member)[1]) in daemons]


def cpu_seconds(process: int) -> float:
    """Return how long a process has computed."""
    return int(_stat(process)[11]) / os.sysconf("SC_CLK_TCK")


def _stat(process: int) -> list[str]:
    """Return the fields of /proc/*/stat from the state on; zeros if the process has ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return ["0"] * 50


def wait_for(met: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait until a condition is met.

    Raises
    ------
    TimeoutError
        If it is not within so many seconds.
    """
    until = time.monotonic() + seconds
    while not met():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.1)


@contextmanager
def family() -> Iterator[Family]:
    """Run processes that have all ended when the test does, however it does."""
    started = Family()
    try:
        yield started
    finally:
        started.end()
        assert started.members() == []


def start_cluster(started: Family, folder: Path) -> str:
    """Start a master and two workers of one core; return the address of the master."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"spark://127.0.0.1:{port}"
    deploy, own = "org.apache.spark.deploy", ("--host", "127.0.0.1", "--webui-port", "0")
    log, spark_class = folder / "master.log", BIN / "spark-class"
    started.start(log, spark_class, f"{deploy}.master.Master", *own, "--port", str(port))
    for at in (1, 2):
        size = ("--cores", "1", "--memory", "1g", "--work-dir", str(folder / f"work{at}"))
        worker = (f"{deploy}.worker.Worker", *own, *size, address)
        started.start(folder / f"worker{at}.log", spark_class, *worker)
    wait_for(lambda: log.read_text().count("Registering worker") == 2, 120)
    return address
