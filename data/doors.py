"""The doors through which a file of somebody else comes in: they hand out bytes or refuse in one sentence.

Only regular files are opened (a pipe or a device blocks for ever or never ends), and nothing is unpacked that is
larger than a file of bars can be.
"""

import json
import lzma
import os
import stat
import struct
import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .addresses import refuse_address
from .errors import DataError, LaunchlabError

MEGABYTE = 1 << 20
MOST_BYTES = 256 * MEGABYTE
MOST_MEMBERS = 100_000
# Whatever Python's zip reader raises at bytes that are no sound zip, that are locked, or packed in an unknown way.
UNSOUND = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, KeyError, IndexError, NotImplementedError,
    OSError, OverflowError, RuntimeError, ValueError,
)  # fmt: skip


def read_bytes(
    path: Path, *, error: type[LaunchlabError] = DataError, advice: str = "check the path and its permissions",
    most: int = MOST_BYTES,
) -> bytes:  # fmt: skip
    """The content of a regular file of at most `most` bytes; anything else is an `error` that ends in `advice`."""
    try:
        with os.fdopen(_open(path, error), "rb") as file:
            said = os.fstat(file.fileno()).st_size
            content = file.read(min(said, most) + 1)
            if said < len(content) <= most:  # it grows, or does not know its size
                content += file.read(most + 1 - len(content))
    except (OSError, ValueError) as fault:
        raise error(f"{path} cannot be read ({reason(fault)}); {advice}") from None
    if len(content) > most:
        raise error(
            f"{path} is larger than {most // MEGABYTE} MB, which no such file is; give the right file"
        )
    return content


def read_json(
    path: Path, *, error: type[LaunchlabError] = DataError, advice: str = "check the path and its permissions"
) -> dict[str, Any]:
    """The object that a JSON file holds; anything else, however deep, is an `error` that ends in `advice`."""
    content = read_bytes(path, error=error, advice=advice)
    try:
        held = json.loads(content)
    except (ValueError, RecursionError) as fault:
        raise error(f"{path} cannot be read ({reason(fault)}); {advice}") from None
    if not isinstance(held, dict):
        raise error(f"{path} cannot be read (it holds no object); {advice}")
    return held


def is_there(path: Path) -> bool:
    """Whether a path names anything; False for a name that no file can have."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


@dataclass(frozen=True)
class Archive:
    """A zip on disk; its members are listed once and unpacked one at a time, each bounded before it is."""

    path: Path
    names: tuple[str, ...] = field(init=False)
    error: type[LaunchlabError] = DataError

    def __post_init__(self) -> None:
        try:
            with os.fdopen(_open(self.path, self.error), "rb") as file, zipfile.ZipFile(file) as archive:
                names = tuple(member.filename for member in archive.infolist() if not member.is_dir())
        except UNSOUND as fault:
            raise self.error(
                f"{self.path} cannot be read as a zip ({reason(fault)}); pack its files again"
            ) from None
        object.__setattr__(self, "names", names)

    def read(self, name: str, *, most: int = MOST_BYTES) -> bytes:
        """One member, unpacked; a damaged, locked or huge one is an error that names it."""
        try:
            with os.fdopen(_open(self.path, self.error), "rb") as file, zipfile.ZipFile(file) as archive:
                declared = archive.getinfo(name).file_size
                with archive.open(name) as member:
                    content = b"" if declared > most else member.read(most + 1)
        except UNSOUND as fault:
            raise self.error(
                f"{self.path}!{name} cannot be unpacked ({reason(fault)}); pack its files again"
            ) from None
        if max(declared, len(content)) > most:
            raise self.error(
                f"{self.path}!{name} unpacks to more than {most // MEGABYTE} MB, which no such file is; leave it out"
            )
        return content


def look(path: Path) -> None:
    """OSError where nothing can be found at a path: its name is too long, or a folder above may not be looked into."""
    with suppress(FileNotFoundError, NotADirectoryError, ValueError):
        os.stat(path)


def exists(path: Path) -> bool:
    """Whether something is at a path; False for a path that cannot be one (too long, or with a NUL in it)."""
    return os.path.exists(path)


def is_folder(path: Path) -> bool:
    """Whether a folder is at a path; False for a path that cannot be one."""
    return os.path.isdir(path)


def is_file(path: Path) -> bool:
    """Whether a regular file is at a path; False for a path that cannot be one."""
    return os.path.isfile(path)


def is_zip(path: Path) -> bool:
    """Whether a regular file starts as a zip does; False for whatever cannot be opened."""
    try:
        with os.fdopen(_open(path, DataError), "rb") as file:
            return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
    except (OSError, ValueError, LaunchlabError):
        return False


def _open(path: Path, error: type[LaunchlabError]) -> int:
    """A descriptor of a regular file; never waits for a pipe's other end."""
    refuse_address(path, error)
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    kind = os.fstat(handle).st_mode
    if stat.S_ISREG(kind):
        return handle
    os.close(handle)
    if stat.S_ISDIR(kind):
        raise error(f"{path} is a folder, not a file; give the path of a file")
    raise error(f"{path} is a pipe or a device, not a file; write its content to a file and give that")


def reason(fault: BaseException) -> str:
    """Why a library failed, in one line that is safe to print, whatever the file put into it."""
    if isinstance(fault, OSError) and fault.strerror:
        return fault.strerror
    line = (str(fault).splitlines() or [""])[0][:200] or type(fault).__name__
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in line)
