"""Work spread over processes, its results in order, and never more of it in flight than fits."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future
from typing import Any, TypeVar

from spillover.errors import InputError, WorkerError
from spillover.extras import extra
from spillover.interruptions import undisturbed

T = TypeVar("T")
R = TypeVar("R")

_held: list[Callable[[Any], Any]] = []
"""What this process does, if it is a worker: handed over once, since it holds the model."""


def in_processes(work: Callable[[T], R], items: Iterable[T], jobs: int) -> Iterator[R]:
    """Do work in several processes.

    joblib's own `Parallel` bounds the tasks that run, but not the results that wait for whoever
    takes them, so its executor is used as it is.

    Parameters
    ----------
    work : callable
        What to do with each item; it is pickled once for each process.
    items : iterable
        Taken only as far as there is room for; where taking one raises InputError, this does too,
        once the results of those before it have been given out.
    jobs : int
        How many processes.

    Yields
    ------
    R
        The results, in the order of the items.

    Raises
    ------
    InputError
        If joblib is missing, or taking an item raises it.
    WorkerError
        If a process dies.
    """
    with extra("jobs", "predict --jobs"):
        from joblib.externals.loky import ProcessPoolExecutor
    with undisturbed():
        executor = ProcessPoolExecutor(jobs, initializer=_begin, initargs=(work, os.getpid()))
    waiting: deque[Future[R]] = deque()
    source = iter(items)
    ended: InputError | StopIteration | None = None
    try:
        while waiting or not ended:
            while not ended and len(waiting) < 2 * jobs:
                try:
                    item = next(source)
                except (InputError, StopIteration) as error:
                    ended = error
                else:
                    with undisturbed():
                        waiting.append(executor.submit(_do, item))
            if waiting:
                result = waiting[0].result()
                waiting.popleft()
                yield result
                del result  # or two would be held while the next one comes
    except BrokenExecutor:
        raise WorkerError from None
    finally:
        with undisturbed():
            # To kill workers, the executor's thread forgets the items first, and then fails with a
            # traceback on one that it had not yet put in the workers' queue, where all have room.
            latest = time.monotonic() + 5.0  # should that thread have ended
            while not all(each.running() or each.done() for each in waiting):
                if time.monotonic() > latest:
                    break
                time.sleep(0.001)
            executor.shutdown(wait=True, kill_workers=True)
    if isinstance(ended, InputError):
        raise ended


def end_with(parent: int) -> None:
    """See to it that this process ends once its parent is gone, even killed; it would wait on."""
    threading.Thread(target=_wait_for_the_end, args=(parent,), daemon=True).start()


def _wait_for_the_end(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _begin(work: Callable[[Any], Any], parent: int) -> None:
    _held.append(work)
    # loky collects garbage every second, for which it need not look through the model each time.
    gc.freeze()
    end_with(parent)


def _do(item: Any) -> Any:
    return _held[0](item)
