"""Files and folders that are there whole or not at all, whatever kills the process or fills the disk."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from .addresses import refuse_address
from .doors import look
from .errors import ConfigError

TEMPORARY = ".part-"  # what a killed writer leaves begins with this
PROOF = "summary.json"  # a folder that holds it is one of ours
MANIFEST = ".launchlab.json"  # what this program wrote into a folder
OLD, PLACE = ".old", ".place"  # beside a hidden folder: what it replaces, and the name of that
LOCK = ".lock"  # beside a hidden folder: held while its writer lives


@contextmanager
def whole_file(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """A hidden file beside `path` to be filled; it takes the place of `path` when the block ends.

    A block that fails leaves what was there before. `durable`: it also outlives a loss of power right after.
    """
    handle, name = tempfile.mkstemp(prefix=_temporary(path), dir=path.parent)
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


def _temporary(path: Path) -> str:
    """How the hidden files begin that are filled for `path`."""
    return f"{TEMPORARY}{hashlib.sha256(path.name.encode(errors='replace')).hexdigest()[:8]}-"


@contextmanager
def held_alone(path: Path, *, timeout: float = -1.0) -> Iterator[None]:
    """Hold a file against other writers by a hidden lock beside it, which goes with the block, however that ends.

    What killed writers of the file left goes first. filelock.Timeout when another one holds it for `timeout` seconds (below 0: ever).
    """
    from filelock import FileLock

    lock = path.absolute().with_name(f".{path.name}{LOCK}")
    with FileLock(lock, timeout=timeout):
        try:
            for leftover in lock.parent.glob(f"{_temporary(path)}*"):
                leftover.unlink(missing_ok=True)
            yield
        finally:
            with suppress(OSError):  # Windows removes no open file; its lock goes when it is let go of
                lock.unlink(missing_ok=True)


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


def check_folder(folder: Path) -> None:
    """Refuse, before any work is done, a folder that holds something this program did not write."""
    refuse_address(folder, ConfigError, written=True)
    try:
        look(folder)
        is_file = folder.exists() and not folder.is_dir()
        strange = strangers(folder) if folder.is_dir() else ()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise ConfigError(f"{str(folder)[:200]} cannot be used ({why}); choose another folder") from None
    if is_file:
        raise ConfigError(f"{folder} is a file; choose another folder")
    _refuse_strangers(folder, strange)


def put_folder(folder: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a new folder, then put it in the place of `folder`; a failure leaves the old one untouched.

    An old one is replaced only if all that it holds is as this program wrote it; else a ConfigError. What was written
    is listed in the new one's `MANIFEST`.
    """
    check_folder(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        remove_abandoned(folder.parent)
        with _new_folder(folder.parent) as made:
            write(made)
            write_manifest(made, [path.name for path in made.iterdir()])
            _replace(made, folder)
    except OSError as error:
        raise ConfigError(
            f"{folder} could not be written ({error.strerror or error}); choose another folder"
        ) from None


@contextmanager
def _new_folder(parent: Path) -> Iterator[Path]:
    """A hidden folder, locked while its writer lives; what is left of it at the end is removed."""
    from filelock import FileLock

    handle, name = tempfile.mkstemp(prefix=TEMPORARY, suffix=LOCK, dir=parent)
    os.close(handle)
    lock, made = Path(name), Path(name).with_suffix("")
    try:
        with FileLock(lock):
            made.mkdir()
            yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        lock.unlink(missing_ok=True)


def remove_abandoned(parent: Path) -> None:
    """Delete the hidden folders of writers that were killed: their lock lies beside them, and nobody holds it.

    A folder that was being replaced goes back to its place, where the new one had not yet come there.
    """
    from filelock import FileLock, Timeout

    for lock in parent.glob(f"{TEMPORARY}*{LOCK}"):
        with suppress(OSError, Timeout), FileLock(lock, timeout=0):
            _put_back(lock.with_suffix(""))
            shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
            lock.unlink(missing_ok=True)


def _put_back(made: Path) -> None:
    """What became of the folder in whose place `made` was to come, by the names beside it."""
    old, place = made.with_suffix(OLD), made.with_suffix(PLACE)
    if old.is_dir() and place.is_file():
        folder = made.with_name(place.read_text(encoding="utf-8"))
        if folder.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(folder)
    place.unlink(missing_ok=True)


def write_manifest(folder: Path, names: Iterable[str]) -> None:
    """List in a folder what this program wrote there, with the SHA-256 of each file, beside what was listed before."""
    _write_digests(folder, {name: _sha256(folder / name) for name in sorted(names)})


def _write_digests(folder: Path, digests: Mapping[str, str], *, beside: bool = False) -> None:
    """Lay digests by name over those that are listed, or `beside` those of the files that they will take the place of."""
    known = read_manifest(folder)
    if beside:
        digests = {name: f"{known.get(name, '')} {digest}".strip() for name, digest in digests.items()}
    write_whole(folder / MANIFEST, json.dumps({"written": {**known, **digests}}, indent=2) + "\n")


def read_manifest(folder: Path) -> Mapping[str, str]:
    """SHA-256 by name of what this program wrote into a folder; empty where it lists nothing, or is damaged."""
    try:
        written = json.loads((folder / MANIFEST).read_bytes())["written"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return {}
    return {str(name): str(digest) for name, digest in written.items()} if isinstance(written, dict) else {}


def is_as_written(path: Path) -> bool:
    """Whether a file is to the byte what this program put there."""
    return path.is_file() and _is_listed(path, read_manifest(path.parent))


def _is_listed(path: Path, written: Mapping[str, str]) -> bool:
    digest, known = _sha256(path), written.get(path.name)
    return known is not None and (digest == known or digest in known.split())


def strangers(folder: Path, *, known: Collection[str] = ()) -> tuple[str, ...]:
    """Names of what a folder holds that is not, to the byte, what this program put there.

    What a killed writer left is none. 0.1 listed nothing: a folder with a summary of its own then holds no stranger, or those beside `known`.
    """
    held = {path.name for path in folder.iterdir() if not path.name.startswith(TEMPORARY)} - {MANIFEST}
    written = read_manifest(folder)
    if written or PROOF not in held:
        return tuple(sorted(name for name in held if not _is_listed(folder / name, written)))
    return tuple(sorted(held - set(known))) if known else ()


def put_pages(folder: Path, names: Sequence[str], write: Callable[[Path], None]) -> None:
    """Let `write` make pages of these names in a hidden folder inside `folder`, then put them in their places there.

    A page that is there and not listed as this program's is refused (ConfigError). A writer that is killed leaves old pages or
    new ones, all of them listed: the digests of both stand in `MANIFEST` while they change. Of a run of 0.1 nothing is listed.
    """
    check_pages(folder, names)
    listed = bool(read_manifest(folder)) or not (folder / PROOF).is_file()
    try:
        remove_abandoned(folder)
        with _new_folder(folder) as made:
            write(made)
            if listed:
                _write_digests(folder, {path.name: _sha256(path) for path in made.iterdir()}, beside=True)
            for path in sorted(made.iterdir()):
                path.replace(folder / path.name)
            if listed:
                write_manifest(folder, [name for name in names if (folder / name).exists()])
    except OSError as error:
        raise ConfigError(
            f"the pages of {folder} could not be written ({error.strerror or error}); check its permissions"
        ) from None


def check_pages(folder: Path, names: Iterable[str]) -> None:
    """Refuse to write files over others of these names that are not listed as this program's (ConfigError)."""
    written = read_manifest(folder)
    strange = [name for name in names if (folder / name).exists() and name not in written]
    _refuse_strangers(folder, strange if written or not (folder / PROOF).is_file() else ())


def _refuse_strangers(folder: Path, names: Sequence[str]) -> None:
    if names:
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        raise ConfigError(
            f"{folder} holds {', '.join(names[:3])}{more}, which launchlab did not write or which was changed since; "
            "move that away, or choose another folder"
        )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _replace(made: Path, folder: Path) -> None:
    if not folder.is_dir():
        made.rename(folder)
        return
    _refuse_strangers(folder, strangers(folder, known=[path.name for path in made.iterdir()]))
    old, place = made.with_suffix(OLD), made.with_suffix(PLACE)
    place.write_text(folder.name, encoding="utf-8")
    try:
        folder.rename(old)
        try:
            made.rename(folder)
        except OSError:
            old.rename(folder)
            raise
        shutil.rmtree(old, ignore_errors=True)
    finally:
        place.unlink(missing_ok=True)
