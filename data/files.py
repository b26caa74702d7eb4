"""Files that are there whole or not at all, whatever kills the process or fills the disk."""

import contextlib
import os
import tempfile
from pathlib import Path

from .errors import StoreError

TEMPORARY = ".part-"


def write_atomic(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step: temporary file, fsync, rename, fsync of the folder.

    A full disk or a missing permission leaves what was there before and raises StoreError.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()
        raise StoreError(
            f"{path} could not be written ({error.strerror}); nothing was changed: "
            "free some space or give another folder with --store"
        ) from None


def remove_leftovers(folder: Path) -> None:
    """Delete temporary files of writers that were killed; only under the folder's lock."""
    for leftover in folder.glob(f"{TEMPORARY}*"):
        leftover.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
