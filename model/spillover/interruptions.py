"""Stretches of a run that a signal must not tear apart."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def importing() -> Iterator[None]:
    """End at once and quietly at a signal: what an import makes of its exception is not ours."""
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, handler in handlers.items():
        if callable(handler):  # not where it is ignored, nor where it ends the process anyway
            signal.signal(number, lambda caught, _: os._exit(128 + caught))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def nothing_left_to_interrupt() -> None:
    """Ignore signals from here on: at a process's end they could only leave tracebacks."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Hold back signals: one that came while a process is started would leave it half-started."""
    came: list[int] = []
    handlers = {
        number: signal.signal(number, lambda caught, _: came.append(caught)) for number in _SIGNALS
    }
    # Ctrl-C goes to every process of a terminal; workers inherit that it does not reach them.
    free = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, free)
        for number, handler in handlers.items():
            signal.signal(number, handler)
    for caught in came:
        signal.raise_signal(caught)
