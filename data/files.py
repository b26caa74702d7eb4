"""Files and folders that are there whole or not at all, whatever kills the process or fills the disk."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import ConfigError

TEMPORARY = ".part-"  # what a killed writer leaves begins with this
PROOF = "summary.json"  # a folder that holds it is one of ours


@contextmanager
def whole_file(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """A hidden file beside `path` to be filled; it takes the place of `path` when the block ends.

    A block that fails leaves what was there before. `durable`: it also outlives a loss of power right after.
    """
    handle, name = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
    os.close(handle)
    hidden = Path(name)
    try:
        yield hidden
        hidden.chmod(0o644)
        put_file(hidden, path, durable=durable)
    except BaseException:
        hidden.unlink(missing_ok=True)
        raise


def write_whole(path: Path, content: str | bytes, *, durable: bool = False) -> None:
    """Put text (UTF-8) or bytes at `path` in one step; OSError leaves what was there before."""
    with whole_file(path, durable=durable) as hidden:
        hidden.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)


def put_file(made: Path, path: Path, *, durable: bool = False) -> None:
    """Let a finished file take the place of `path`, in the same folder."""
    if durable:
        _sync(made)
    made.replace(path)
    if durable and os.name != "nt":
        _sync(path.parent)


def remove_leftovers(folder: Path) -> None:
    """Delete temporary files of writers that were killed; only under the folder's lock."""
    for leftover in folder.glob(f"{TEMPORARY}*"):
        leftover.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def check_folder(folder: Path, proof: str = PROOF) -> None:
    """Refuse a folder that holds something else than our pages (no file `proof`), before any work is done."""
    try:
        strange = folder.is_dir() and any(folder.iterdir()) and not (folder / proof).is_file()
        is_file = folder.exists() and not folder.is_dir()
    except OSError as error:
        raise ConfigError(f"{folder} cannot be used ({error.strerror}); choose another folder") from None
    if is_file:
        raise ConfigError(f"{folder} is a file; choose another folder")
    if strange:
        raise ConfigError(f"{folder} holds files that are not a run's; choose another folder")


def put_folder(folder: Path, write: Callable[[Path], None], proof: str = PROOF) -> None:
    """Let `write` fill a new folder, then put it in the place of `folder`; a failure leaves the old one untouched.

    An old one is replaced only if it holds `proof` and nothing but what the new one holds; else a ConfigError.
    """
    check_folder(folder, proof)
    made: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=folder.parent))
        made.chmod(0o755)
        write(made)
        _replace(made, folder)
    except OSError as error:
        raise ConfigError(
            f"{folder} could not be written ({error.strerror or error}); choose another folder"
        ) from None
    finally:
        if made is not None:
            shutil.rmtree(made, ignore_errors=True)


def _replace(made: Path, folder: Path) -> None:
    if not folder.is_dir():
        made.rename(folder)
        return
    strange = sorted({one.name for one in folder.iterdir()} - {one.name for one in made.iterdir()})
    if strange:
        raise ConfigError(
            f"{folder} holds {', '.join(strange[:3])}, which the new one would not; "
            "move them away, or choose another folder"
        )
    old = made.with_name(f"{made.name}.old")
    folder.rename(old)
    try:
        made.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
