"""The study of a search: finished trials in a storage that processes share, and a private copy that is asked.

The storage holds finished trials only, each written in one piece, so whatever stops a process leaves a valid study.
Asking needs every trial many times over; that happens in memory.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from ...data.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler
    from optuna.storages import BaseStorage
    from optuna.study import Study
    from optuna.trial import FrozenTrial

SAMPLERS = ("tpe", "nsga2")
PRUNERS = ("median", "halving")
GRACE = 10  # seconds after which the lock of a killed process on a journal is void


def need_optuna() -> None:
    """ConfigError with what to install where Optuna is missing; else keep it from talking."""
    try:
        import optuna
    except ImportError:
        raise ConfigError(
            "a search needs Optuna, which is not installed; run `pip install 'launchlab[search]'`"
        ) from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)


def sampler(kind: str, batch: int, seed: Sequence[int]) -> "BaseSampler":
    """Proposes a batch; the first batch of a study is drawn at random, a batch is a generation of NSGA-II."""
    from optuna.samplers import NSGAIISampler, TPESampler

    word = int(np.random.SeedSequence(list(seed)).generate_state(1)[0])
    if kind == "tpe":
        return TPESampler(seed=word, n_startup_trials=batch, constant_liar=True)
    return NSGAIISampler(seed=word, population_size=batch)


def pruner(kind: str | None, batch: int) -> "BasePruner":
    """Ends trials that did worse on the early market: than half of those completed, or all but the best quarter."""
    from optuna.pruners import MedianPruner, NopPruner, SuccessiveHalvingPruner

    if kind == "median":
        return MedianPruner(n_startup_trials=batch)
    if kind == "halving":
        return SuccessiveHalvingPruner(min_resource=1, reduction_factor=4)
    return NopPruner()


def recall(samples: "BaseSampler", study: "Study") -> None:
    """Let NSGA-II choose the parents of past generations in the order in which it once did.

    It breaks ties by an order that depends on what it has chosen before; without this a resumed search would differ.
    """
    from optuna.samplers import NSGAIISampler

    if isinstance(samples, NSGAIISampler):
        trials = study.get_trials(deepcopy=False)
        last = max((samples.get_trial_generation(study, one) for one in trials), default=0)
        for generation in range(1, last + 1):
            samples.get_parent_population(study, generation)


def private(objectives: int, prunes: "BasePruner") -> "Study":
    """An empty study in memory."""
    from optuna import create_study

    return create_study(directions=["maximize"] * objectives, pruner=prunes)


class Shared:
    """The trials that all processes of a search have finished. `created`: this process began the study."""

    def __init__(self, storage: str, name: str, objectives: int) -> None:
        need_optuna()
        from optuna import create_study, load_study
        from optuna.exceptions import DuplicatedStudyError

        self.storage = storage
        with _reachable(storage):
            opened = _open(storage)
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


def check_storage(storage: str) -> None:
    """ConfigError when the storage cannot be opened."""
    with _reachable(storage):
        _open(storage)


def hidden(storage: str) -> str:
    """The storage without a password that it may name."""
    return re.sub(r"(://[^:/@]*):[^@/]*@", r"\1:***@", storage)


def study_name(question: str) -> str:
    """The same for everybody who asks the same question."""
    return f"launchlab-{hashlib.sha256(question.encode()).hexdigest()[:16]}"


def known(word: str, words: Sequence[str], what: str) -> str:
    """The word, or a ConfigError that offers the nearest one."""
    if word not in words:
        raise ConfigError(
            f"there is no {what} {word!r}{did_you_mean(word, words)}; choose one of {', '.join(words)}"
        )
    return word


def _open(storage: str) -> "BaseStorage":
    from optuna.storages import JournalStorage, RDBStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock

    if "://" in storage:
        return RDBStorage(storage)
    lock = JournalFileSymlinkLock(storage, grace_period=GRACE)
    _mend(storage, lock)
    return JournalStorage(JournalFileBackend(storage, lock_obj=lock))


def _mend(path: str, lock: Any) -> None:
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
        found = getattr(cause, "strerror", None) or getattr(cause, "orig", None) or cause
        said = hidden(str(found).strip().partition("\n")[0]) or type(cause).__name__
        raise ConfigError(
            f"the storage {hidden(storage)} cannot be used ({said}); repair it, or name another as `storage`"
        ) from None
