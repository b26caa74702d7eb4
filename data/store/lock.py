"""The lock of a folder of the store, and its files written so that they outlive a loss of power."""

from pathlib import Path

from ..doors import reason
from ..errors import StoreError
from ..files import TEMPORARY, remove_leftovers, write_whole

LOCK_SECONDS = 60.0


class Lock:
    """The lock of one code's folder, released by the system even when its holder is killed."""

    def __init__(self, folder: Path) -> None:
        from filelock import FileLock

        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            raise StoreError(f"{folder} cannot be made ({reason(error)}); give a writable `store`") from None
        self.lock = FileLock(folder / ".lock")

    def __enter__(self) -> None:
        from filelock import Timeout

        try:
            self.lock.acquire(timeout=LOCK_SECONDS)
        except Timeout:
            raise StoreError(
                f"{self.folder} is locked by another process for {LOCK_SECONDS:.0f} seconds; wait for it and try again"
            ) from None
        except OSError as error:
            raise StoreError(
                f"{self.folder} cannot be locked ({error.strerror}); give a writable `store`"
            ) from None
        remove_leftovers(self.folder)

    def __exit__(self, *_: object) -> None:
        self.lock.release()


def tidy(folder: Path) -> None:
    """Delete what killed writers left in a folder that may not be written again, where there is any."""
    if any(folder.glob(f"{TEMPORARY}*")):
        with Lock(folder):
            pass


def keep_file(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Write one file of the store, `durable` so that it outlives a loss of power; a full disk is a StoreError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content, durable=durable)
    except OSError as error:
        raise StoreError(
            f"{path} could not be written ({error.strerror}); nothing was changed: "
            "free some space or give another folder with `store`"
        ) from None
