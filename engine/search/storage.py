"""The storage of a search: finished trials that processes share, in a journal file or a database.

It holds finished trials only, each written in one piece, so whatever stops a process leaves a valid study. What lies
in a file is known by its absolute path, since locks outlive the process that made them.
"""

import errno
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...data.errors import ConfigError
from ...data.files import held_alone
from .study import need_optuna

if TYPE_CHECKING:
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial

Say = Callable[[str], None]

GRACE = 10  # seconds after which the lock of a killed process on a journal is void
PATIENCE = 60  # seconds in which another process may write to a database
ATTEMPTS, PAUSE = (
    10,
    0.5,
)  # to open a database whose tables another process is making, and seconds between them
MADE_BY_ANOTHER = re.compile("already exists|duplicate|UNIQUE constraint", re.IGNORECASE)
SQLITE = "sqlite:///"


class Shared:
    """The trials that all processes of a search have finished. `created`: this process began the study."""

    def __init__(self, storage: str, name: str, objectives: int, say: Say = print) -> None:
        need_optuna()
        from optuna import create_study, load_study
        from optuna.exceptions import DuplicatedStudyError

        self.storage = storage
        with _reachable(storage):
            opened = _open(storage, say)
            self.created = True
            try:
                self._study = create_study(
                    storage=opened, study_name=name, directions=["maximize"] * objectives
                )
            except DuplicatedStudyError:
                self.created = False
                self._study = load_study(study_name=name, storage=opened)

    def finished(self) -> "list[FrozenTrial]":
        """Trials that were completed or pruned, in order of their numbers; not to be changed."""
        from optuna.trial import TrialState

        with _reachable(self.storage):
            return self._study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))

    def add(self, trials: "Sequence[FrozenTrial]") -> None:
        """Write finished trials, each whole or not at all."""
        with _reachable(self.storage):
            self._study.add_trials(trials)


def check_storage(storage: str, say: Say = print) -> None:
    """ConfigError when the storage cannot be opened."""
    with _reachable(storage):
        _open(storage, say)


def hidden(storage: str) -> str:
    """The storage without a password that it may name."""
    return re.sub(r"(://[^:/@]*):[^@/]*@", r"\1:***@", storage)


def absolute(storage: str) -> str:
    """The same storage whatever folder a process runs in."""
    if "://" not in storage:
        return str(Path(storage).absolute())
    file = sqlite_file(storage)
    return storage if file is None else f"{SQLITE}{file.absolute()}{storage[len(SQLITE) + len(str(file)) :]}"


def sqlite_file(storage: str) -> Path | None:
    """The file of an SQLite database; None for any other, and for one in memory."""
    name = storage.removeprefix(SQLITE).partition("?")[0]
    return Path(name) if storage.startswith(SQLITE) and name and not name.startswith(":") else None


def _open(storage: str, say: Say) -> "BaseStorage":
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    if "://" in storage:
        file = sqlite_file(storage)
        if file is not None and not file.absolute().parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(file.parent))
        with nullcontext() if file is None else held_alone(file):
            return _open_database(storage, {} if file is None else {"timeout": PATIENCE})
    lock = JournalLock(storage, say)
    _mend(storage, lock)
    return JournalStorage(JournalFileBackend(storage, lock_obj=lock))  # type: ignore[arg-type] # shaped like one


def _open_database(storage: str, connect: dict[str, Any]) -> "BaseStorage":
    """The database, with its tables; those that another process makes at the same moment are waited for."""
    from optuna.storages import RDBStorage
    from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

    for _ in range(ATTEMPTS):
        try:
            return RDBStorage(storage, engine_kwargs={"connect_args": connect})
        except (IntegrityError, OperationalError, ProgrammingError) as error:
            if not MADE_BY_ANOTHER.search(str(error)):
                raise
            time.sleep(PAUSE)
    return RDBStorage(storage, engine_kwargs={"connect_args": connect})


class JournalLock:
    """A link beside a journal that one process at a time can make; the link of a process that was killed is taken over.

    It is the lock of Optuna, which however never sees the age of a link that leads nowhere, and waits for ever.
    """

    def __init__(self, journal: str, say: Say) -> None:
        self.journal, self.link, self.say = journal, f"{journal}.lock", say

    def acquire(self) -> bool:
        """Wait for the lock, and for no dead process longer than `GRACE` seconds."""
        pause, seen, since = 0.001, _identity(self.link), time.monotonic()
        while not self._is_made():
            holder = _identity(self.link)
            if holder != seen:
                seen, since = holder, time.monotonic()
            elif holder is not None and time.monotonic() - since > GRACE:
                self._take_over(holder)
            time.sleep(pause)
            pause = min(2.0 * pause, 1.0)
        return True

    def release(self) -> None:
        """Let others in."""
        with suppress(FileNotFoundError):
            os.unlink(self.link)

    def _is_made(self) -> bool:
        try:
            os.symlink(self.journal, self.link)
        except FileExistsError:
            return False
        return True

    def _take_over(self, found: tuple[int, int]) -> None:
        if _identity(self.link) == found:  # nobody was faster
            self.say(f"the lock {self.link} was left behind by a process that was killed; it is taken over")
            self.release()


def _identity(link: str) -> tuple[int, int] | None:
    """Which link it is, and since when; None where there is none."""
    try:
        status = os.lstat(link)
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns


def _mend(path: str, lock: JournalLock) -> None:
    """Refuse a file that is no journal, and cut off a last line that was not written to its end.

    A full disk or a lost machine leaves such a line, and what is written behind it would void the whole file.
    """
    with suppress(FileNotFoundError), open(path, "rb+") as file:
        lock.acquire()
        try:
            content = file.read()
            if content and not content.startswith(b'{"op_code":'):
                raise ValueError("not a journal of Optuna")
            file.truncate(content.rfind(b"\n") + 1)
        finally:
            lock.release()


@contextmanager
def _reachable(storage: str) -> Iterator[None]:
    """A storage that fails is the user's to repair: one sentence with what it said."""
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except ImportError as error:
        missing = getattr(error.__cause__ or error, "name", None) or "for that database"
        raise ConfigError(
            f"`storage` {hidden(storage)} needs the driver {missing}, which is not installed; install it with pip"
        ) from None
    except (OSError, ValueError, KeyError, StorageInternalError, SQLAlchemyError) as error:
        cause = error.__cause__ or error
        reason = getattr(cause, "strerror", None) or getattr(cause, "orig", None) or cause
        words = hidden(str(reason).strip().partition("\n")[0]) or type(cause).__name__
        raise ConfigError(
            f"the storage {hidden(storage)} cannot be used ({words}); repair it, or name another as `storage`"
        ) from None
