"""The workers of a Dask cluster as a runner. Dask schedules, moves shared values and runs lost work again.

Panels are scattered to every worker at once; a worker that joins later gets them from another. Should all workers
that hold one be lost, it is scattered again from here.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import wait as wait_for
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple, TypeVar
from weakref import WeakSet

from ...data.errors import ConfigError, WorkerError
from ...data.panel.panel import Panel
from .identity import code_name
from .parcel import Parcel, pack
from .runner import Runner, attempt, lost_for_good

T = TypeVar("T")

ANSWER = 10.0  # seconds to wait for a scheduler
WORKERS = 60.0  # seconds to wait for a worker
EVERY = 3.0  # seconds after which the workers are counted again


class Place(NamedTuple):
    """Stands for a shared value among the arguments of a call."""

    number: int


class Held:
    """A value of ours on the cluster, and Dask's future of it."""

    def __init__(self, value: Any) -> None:
        self.value, self.future = value, None


class Scattered(NamedTuple):
    """A shared value: its parcel and its panels."""

    parts: tuple[Held, ...]


class Cluster(Runner):
    """A Dask cluster, its scheduler at `dask://host:port` (`dask+tls://` with the security of Dask's own settings)."""

    name = "dask"

    def __init__(self, spec: str) -> None:
        super().__init__()
        self.address, self._client = _connect(spec)
        self._lock = threading.Lock()
        self._panels: list[Held] = []
        self._under_way = WeakSet[Future[Any]]()
        self._theirs = WeakSet[Any]()
        self._begun = set[str]()
        self._counted, self._threads = -EVERY, 0
        self._topic = f"launchlab-{self._client.id}"
        self._client.subscribe_topic(self._topic, self._hear)
        try:
            self._check_workers()
        except BaseException:
            self.shutdown(wait=False)
            raise

    @property
    def slots(self) -> int:
        if time.monotonic() > self._counted + EVERY and self._client.status == "running":
            self._counted = time.monotonic()
            with suppress(OSError):  # as many as before while the scheduler is away
                self._threads = sum(self._client.nthreads().values())
        return max(1, self._threads)

    def share(self, value: Any) -> Scattered:
        packed = pack(value)
        return Scattered((Held(Parcel(packed.content)), *(self._panel(panel) for panel in packed.panels)))

    def _panel(self, panel: Panel) -> Held:
        for held in self._panels:
            if held.value is panel:
                return held
        self._panels.append(Held(panel))
        return self._panels[-1]

    def _start(self, fn: Callable[..., T], args: tuple[Any, ...]) -> Future[T]:
        from distributed.client import ClosedClientError

        self._await_scheduler()
        shared: list[list[Any]] = []
        plain: list[Any] = []
        try:
            for argument in args:
                if isinstance(argument, Scattered):
                    plain.append(Place(len(shared)))
                    shared.append([self._there(held) for held in argument.parts])
                else:
                    plain.append(argument)
            theirs = self._client.submit(call, (code_name(), self._topic), fn, shared, plain, pure=False)
            started: Future[T] = Future()
            self._under_way.add(started)
            self._theirs.add(theirs)
            theirs.add_done_callback(partial(_settle, started))
        except ClosedClientError:
            raise WorkerError(self._gone()) from None
        started.add_done_callback(lambda done: theirs.cancel() if done.cancelled() else None)
        return started

    def _there(self, held: Held) -> Any:
        """Dask's future of a value that is on the cluster, scattered (again) where it is not."""
        with self._lock:
            if held.future is None or held.future.status in ("lost", "cancelled", "error"):
                try:
                    held.future = self._client.scatter(
                        held.value, broadcast=True, hash=False, timeout=WORKERS
                    )
                except (TimeoutError, CancelledError) as error:
                    raise WorkerError(self._gone()) from error
            return held.future

    def _await_scheduler(self) -> None:
        """Dask's client looks for a lost scheduler by itself, for as long as it waited for it at first."""
        while self._client.status == "connecting":
            time.sleep(0.1)
        if self._client.status != "running":
            raise WorkerError(self._gone())

    def _hear(self, event: tuple[float, str]) -> None:
        """Count the work that Dask begins again by itself, on another worker."""
        key = event[1]
        self.retried += key in self._begun
        self._begun.add(key)

    def _gone(self) -> str:
        return (
            f"the scheduler at {self.address} is gone or has no workers left; what was done is kept: "
            "start them again and continue with `resume=True`"
        )

    def _check_workers(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=WORKERS)
        except TimeoutError:
            raise WorkerError(
                f"the scheduler at {self.address} has no workers; start some with: dask worker {self.address}"
            ) from None
        for worker, found in self._client.run(code_name, on_error="return").items():
            refuse_other_code(worker, found, code_name())

    def _is_lost(self, error: BaseException) -> bool:
        """Dask cancels what depends on shared values that went with their last worker, or with the scheduler."""
        from distributed.comm.core import CommClosedError

        return isinstance(error, CancelledError | MemoryError | CommClosedError)

    def _seen(self, error: BaseException | None) -> BaseException | None:
        from distributed import KilledWorker

        if not isinstance(error, KilledWorker):
            return error
        return lost_for_good(f"last on {error.last_worker.address}", error.allowed_failures + 1)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        super().shutdown()
        from distributed.client import ClosedClientError

        # a client that lost its scheduler has nothing to let go of
        with suppress(ClosedClientError, OSError):
            if wait:
                wait_for(self._under_way)
            else:
                self._client.cancel(list(self._theirs))
        self._client.close()


def _settle(started: Future[Any], theirs: Any) -> None:
    """What became of Dask's future, also where asking for its result fails: Dask's own executor would never say so."""
    try:
        result = theirs.result()
    except BaseException as error:  # noqa: BLE001
        if started.set_running_or_notify_cancel():
            cancelled = isinstance(error, CancelledError | asyncio.CancelledError)
            started.set_exception(CancelledError(str(error)) if cancelled else error)
    else:
        if started.set_running_or_notify_cancel():
            started.set_result(result)


def _connect(spec: str) -> tuple[str, Any]:
    """Address and client of a scheduler."""
    address = spec.rstrip("/").replace("dask+tls:", "tls:").replace("dask:", "tcp:")
    try:
        from distributed import Client
    except ImportError:
        raise ConfigError(
            f"`executor` {spec} needs Dask, which is not installed; install it with: pip install 'launchlab[cluster]'"
        ) from None
    # its tracebacks tell nothing that our errors do not
    for name in [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        return address, Client(address, timeout=ANSWER, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise WorkerError(
            f"the scheduler at {address} does not answer ({type(error).__name__}); "
            "start one with `dask scheduler`, or check the address"
        ) from None


def refuse_other_code(worker: str, answer: object, wanted: str) -> None:
    """WorkerError where a worker would run something else than this process."""
    if answer != wanted:
        theirs = answer if isinstance(answer, str) else "no launchlab that could answer"
        raise WorkerError(
            f"the worker {worker} has {theirs}, but this is {wanted}; install the same on every machine"
        )


def call(
    origin: tuple[str, str], fn: Callable[..., T], shared: Sequence[Sequence[Any]], args: Sequence[Any]
) -> T:
    """What a worker runs: the function on its arguments, shared ones unpacked once.

    `origin`: the code that the caller runs, and the topic under which it wants to hear that the work has begun.
    """
    from distributed import get_worker

    wanted, topic = origin
    worker = get_worker()
    refuse_other_code(worker.address, code_name(), wanted)
    worker.log_event(topic, worker.get_current_task())
    opened = [parcel.open(panels) for parcel, *panels in shared]
    return attempt(fn, [opened[one.number] if isinstance(one, Place) else one for one in args])
