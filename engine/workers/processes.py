"""Processes of this machine, started afresh; values reach them through files, read once by each."""

import gc
import multiprocessing
import os
import pickle
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache
from multiprocessing.synchronize import Event
from typing import Any, NamedTuple, TypeVar

from ...data.panel.panel import Panel
from .parcel import Parcel, pack
from .runner import Runner, attempt

T = TypeVar("T")


class Filed(NamedTuple):
    """A shared value: the file of its parcel and those of its panels."""

    path: str
    panels: tuple[str, ...]


@contextmanager
def pythons_own_modules() -> Iterator[None]:
    """A process that is started within does not take the files of the folder it starts in, a `types.py`, for Python's own."""
    name, before = "PYTHONSAFEPATH", os.environ.get("PYTHONSAFEPATH")
    os.environ[name] = "1"
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before


class Processes(Runner):
    """`count` processes; one that dies takes the others with it, and all are started again."""

    name = "processes"

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count, self._lock = count, threading.Lock()
        self._context = multiprocessing.get_context("spawn")
        with pythons_own_modules():
            self._stop = self._context.Event()
        self._folder = tempfile.TemporaryDirectory(prefix="launchlab-", ignore_cleanup_errors=True)
        self._panels: list[tuple[Panel, str]] = []
        self._pool = self._new_pool()

    @property
    def slots(self) -> int:
        return self._count

    def share(self, value: Any) -> Filed:
        packed = pack(value)
        return Filed(self._file(Parcel(packed.content)), tuple(self._panel(panel) for panel in packed.panels))

    def _panel(self, panel: Panel) -> str:
        for known, path in self._panels:
            if known is panel:
                return path
        path = self._file(panel)
        self._panels.append((panel, path))
        return path

    def _file(self, value: Any) -> str:
        with tempfile.NamedTemporaryFile(dir=self._folder.name, delete=False) as file:
            pickle.dump(value, file, protocol=5)
        return file.name

    def _new_pool(self) -> ProcessPoolExecutor:
        told = (self._stop, self._folder.name)
        return ProcessPoolExecutor(self._count, mp_context=self._context, initializer=_begin, initargs=told)

    def _start(self, fn: Callable[..., T], args: tuple[Any, ...]) -> Future[T]:
        pool = self._pool
        try:
            with pythons_own_modules():
                return pool.submit(call, fn, args)
        except BrokenExecutor:
            with self._lock:
                if self._pool is pool:
                    pool.shutdown(wait=False)
                    self._pool = self._new_pool()
            with pythons_own_modules():
                return self._pool.submit(call, fn, args)

    def _is_lost(self, error: BaseException) -> bool:
        return isinstance(error, BrokenExecutor | MemoryError)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        super().shutdown()
        if not wait:
            self._stop.set()
        self._pool.shutdown(wait, cancel_futures=cancel_futures)
        self._folder.cleanup()


_read: dict[str, Any] = {}
_reading = threading.Lock()


def _begin(stop: Event, folder: str) -> None:
    """Leave Ctrl-C to the parent, and end when it says so or ends itself, however it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_when_told, args=(stop,), daemon=True).start()
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()


def _end_when_told(stop: Event) -> None:
    stop.wait()
    os._exit(0)


def _end_with_parent(folder: str) -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)


def call(fn: Callable[..., T], args: tuple[Any, ...]) -> T:
    """What a process runs: the function on its arguments, shared ones read from their files."""
    done = attempt(fn, [_opened(one) if isinstance(one, Filed) else one for one in args])
    _keep_what_there_is()
    return done


@cache
def _keep_what_there_is() -> None:
    """After its first chunk a process has imported and read all that it needs, and need not look for garbage in it again."""
    gc.collect()
    gc.freeze()


def _opened(filed: Filed) -> Any:
    parcel: Parcel = _content(filed.path)
    return parcel.open([_content(path) for path in filed.panels])


def _content(path: str) -> Any:
    with _reading:
        if path not in _read:
            with open(path, "rb") as file:
                _read[path] = pickle.load(file)
        return _read[path]
