"""The codes of a large market in shares, each laid by a process of its own into one piece of memory.

A process is started afresh and told the store, its codes and the panel's rows; it answers with what is to be said of the
codes. It can only save time: the share of one that ends otherwise is laid here, and what is wrong in it is said then.
"""

import multiprocessing
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from mmap import mmap
from typing import NamedTuple

from ..instruments.instrument import Instrument
from ..store.joined import iter_instruments
from ..store.store import Store
from .columns import Columns
from .extent import Extent, refuse_moved
from .laid import Laid, Laying, lay

# Codes that pay for another process, those that are laid here while it starts, and processes at most.
FEWEST, AHEAD, MOST = 600, 300, 8
# What a process runs; it looks for modules where this one does, so that both run the same code.
PROGRAM = "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); from {0} import answer; answer()"

Process = subprocess.Popen[bytes]


class Share(NamedTuple):
    """Codes one after another, the column of the first, and how many rows and columns the panel has."""

    store: Store
    codes: tuple[tuple[Instrument, Extent], ...]
    first: int
    size: tuple[int, int]
    how: Laying


def lay_stored(
    store: Store, codes: Sequence[tuple[Instrument, Extent]], spare: int, how: Laying
) -> tuple[Columns, list[Laid]]:
    """The arrays of a store's codes, with `spare` columns behind them left empty, and what is said of each code.

    Bars that reach elsewhere than their extent says are `Moved`.
    """
    size = (len(how.rows.sessions), len(codes) + spare)
    count = _processes(len(codes))
    shares = [Share(store, tuple(codes[a:b]), a, size, how) for a, b in pairwise(_ends(len(codes), count))]
    with _memory(Columns.bytes_of(*size) if count > 1 else 0) as (memory, handle):
        columns = Columns.empty(*size, memory=memory)
        with _started(shares[1:] if memory else [], handle) as running:
            laid = _laid(shares[0], columns)
            for share, process in zip(shares[1:], running or [None] * (count - 1), strict=True):
                laid += _answered(process) or _laid(share, columns)
    return columns, laid


def answer() -> None:
    """Lay the share that stands in the standard input, and say on the standard output what is said of it."""
    share, handle = pickle.load(sys.stdin.buffer)
    columns = Columns.empty(*share.size, memory=mmap(handle, Columns.bytes_of(*share.size)))
    pickle.dump(_laid(share, columns), sys.stdout.buffer)


def _laid(share: Share, columns: Columns) -> list[Laid]:
    """What is said of each code of a share, its columns filled."""
    said = []
    bars = iter_instruments(share.store, [instrument for instrument, _ in share.codes])
    for i, (raw, (instrument, extent)) in enumerate(zip(bars, share.codes, strict=True), share.first):
        refuse_moved(raw, extent)
        compiled, one = lay(raw, instrument, share.how)
        columns.put(i, compiled)
        said.append(one)
    return said


def _ends(codes: int, count: int) -> list[int]:
    """Where each share begins and the last one ends: equal ones, the first with what is laid while the others start."""
    ahead = AHEAD if count > 1 else 0
    return [0, *(ahead + (codes - ahead) * k // count for k in range(1, count)), codes]


def _processes(codes: int) -> int:
    """How many processes lay so many codes, this one among them: it alone inside a worker, or where memory is not shared."""
    if not hasattr(os, "memfd_create") or not sys.executable or multiprocessing.parent_process() is not None:
        return 1
    return max(1, min(len(os.sched_getaffinity(0)), codes // FEWEST, MOST))


@contextmanager
def _memory(size: int) -> Iterator[tuple[mmap | None, int]]:
    """Memory that another process reaches by its handle while this is open; it stays as long as arrays lie in it.

    None where the system gives none, or `size` is 0.
    """
    handle = _handle(size) if size else None
    if handle is None:
        yield None, -1
        return
    try:
        yield mmap(handle, size), handle
    finally:
        os.close(handle)


def _handle(size: int) -> int | None:
    try:
        handle = os.memfd_create("launchlab")
        os.ftruncate(handle, size)
    except OSError:
        return None
    return handle


@contextmanager
def _started(shares: Sequence[Share], handle: int) -> Iterator[list[Process | None]]:
    """A process for each share, None for one that cannot be started; none outlives this."""
    running: list[Process | None] = []
    try:
        running.extend(_start(share, handle) for share in shares)
        yield running
    finally:
        for process in running:
            if process is not None:
                process.kill()
                with process:  # its pipes are closed, and it is waited for
                    pass


def _start(share: Share, handle: int) -> Process | None:
    # -P: a `types.py` in the folder where it starts is not Python's own
    words = [sys.executable, "-P", "-c", PROGRAM.format(__name__)]
    with tempfile.TemporaryFile() as told:
        told.write(pickle.dumps(sys.path) + pickle.dumps((share, handle)))
        told.seek(0)
        try:
            return subprocess.Popen(
                words, stdin=told, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, pass_fds=(handle,)
            )
        except OSError:
            return None


def _answered(process: Process | None) -> list[Laid]:
    """What a process says of its share; nothing where it was not started or did not come to an end."""
    if process is None:
        return []
    content, _ = process.communicate()
    if process.returncode:
        return []
    said: list[Laid] = pickle.loads(content)
    return said
