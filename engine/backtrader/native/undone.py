"""A run of which nothing stays behind: what a strategy prints, logs and writes there is taken back.

The run on paper and the asks about the future are runs of the same code; only the run under the rules is to leave
something. Files that the strategy's own thread opens for writing are put back as they were before.
"""

import builtins
import io
import logging
import os
import shutil
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WRITES = frozenset("wax+")
STANDARD = 2  # highest descriptor of the terminal's three streams


@contextmanager
def undone(cls: type) -> Iterator[None]:
    """Run a strategy's class; afterwards its prints, log lines and files are as if it had not run.

    Files are those opened with `open` (as pandas, `pathlib`, `csv` and backtrader's writers do) and those that the
    module or the class had open before. Not those of databases and other processes.
    """
    silenced = logging.root.manager.disable
    kept = Kept(builtins.open)
    held = [_position(handle) for handle in _open_handles(cls)]
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        kept.folder = Path(folder)
        try:
            logging.disable(logging.CRITICAL)
            builtins.open = io.open = kept.opened
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                yield
        finally:
            builtins.open = io.open = kept.usual
            logging.disable(silenced)
            kept.put_back()
            for handle, size, position in held:
                _cut(handle, size, position)


@dataclass
class Kept:
    """The files that one thread opened for writing, each with a copy of what it held before (None: it was not there)."""

    usual: Callable[..., Any]
    folder: Path = Path()
    thread: int = field(default_factory=threading.get_ident)
    before: dict[Path, Path | None] = field(default_factory=dict)
    handles: list[Any] = field(default_factory=list)

    def opened(self, file: Any, mode: str = "r", *rest: Any, **options: Any) -> Any:
        """As `open`, with a copy made first of what is about to be changed."""
        mine = threading.get_ident() == self.thread and isinstance(file, str | bytes | os.PathLike)
        if not mine or not isinstance(mode, str) or not WRITES & set(mode):
            return self.usual(file, mode, *rest, **options)
        self._copy(Path(os.path.realpath(os.fsdecode(file))))
        handle = self.usual(file, mode, *rest, **options)
        self.handles.append(handle)
        return handle

    def _copy(self, path: Path) -> None:
        if path in self.before or (path.exists() and not path.is_file()):
            return
        self.before[path] = None
        if path.exists():
            copy = self.folder / str(len(self.before))
            shutil.copy2(path, copy)
            self.before[path] = copy

    def put_back(self) -> None:
        """Close what is still open, so that nothing is written later, and restore every file."""
        for handle in self.handles:
            with suppress(OSError, ValueError):
                handle.close()
        for path, copy in self.before.items():
            with suppress(FileNotFoundError):
                if copy is None:
                    path.unlink()
                else:
                    shutil.copy2(copy, path)


def _open_handles(cls: type) -> list[Any]:
    """Files that the modules and the attributes of a strategy's classes have open for writing."""
    handles: dict[int, Any] = {}
    for kind in cls.__mro__:
        module = sys.modules.get(kind.__module__)
        if module is None or kind.__module__.partition(".")[0] in ("backtrader", "builtins"):
            continue
        for value in (*vars(module).values(), *vars(kind).values()):
            if isinstance(value, io.IOBase) and _is_own(value):
                handles[id(value)] = value
    return list(handles.values())


def _is_own(handle: Any) -> bool:
    """Whether a file is open for writing, and neither a terminal's stream nor one in memory."""
    try:
        return (
            not handle.closed and bool(handle.writable()) and handle.fileno() > STANDARD and handle.seekable()
        )
    except (OSError, ValueError):
        return False


def _position(handle: Any) -> tuple[Any, int, int]:
    handle.flush()
    return handle, os.fstat(handle.fileno()).st_size, handle.tell()


def _cut(handle: Any, size: int, position: int) -> None:
    """Leave of an open file what it held before."""
    with suppress(OSError, ValueError):
        handle.flush()
        os.ftruncate(handle.fileno(), size)
        handle.seek(position)
