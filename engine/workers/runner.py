"""An executor for pieces of work that may be lost with whoever does them.

A runner is a `concurrent.futures.Executor`. What is lost with a worker (killed, out of memory) is run again, a few
times; then the future fails with a WorkerError. Errors of the work itself come back as they are, at once.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

from ...data.errors import LaunchlabError, WorkerError

T = TypeVar("T")

ATTEMPTS = 4  # of one piece of work that is lost with its workers


class Runner(Executor):
    """An executor to which values are shared once instead of being sent along with every call.

    `local`: the work runs in this process. `done` pieces of work, `retried`: how often lost work was started again.
    """

    name = "threads"
    local = False

    def __init__(self) -> None:
        self.done = self.retried = 0
        self._open = True
        self._again = ThreadPoolExecutor(1, "launchlab-again")

    @property
    @abstractmethod
    def slots(self) -> int:
        """How many calls run side by side; on a cluster it changes while workers come and go."""

    @abstractmethod
    def share(self, value: Any) -> Any:
        """What to hand to `submit` in the place of `value`, which must not change any more."""

    def note(self) -> str:
        """How it stands, for a line of progress."""
        again = f", {self.retried} run again" if self.retried else ""
        return f"{self.done} chunks{again} on {self.slots} {self.name}"

    @abstractmethod
    def _start(self, fn: Callable[..., T], args: tuple[Any, ...]) -> Future[T]:
        """One attempt."""

    def _is_lost(self, error: BaseException) -> bool:
        """Whether the attempt failed because of where it ran, so that another may do better."""
        return isinstance(error, MemoryError)

    def _seen(self, error: BaseException | None) -> BaseException | None:
        """The error as the caller should see it."""
        return error

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """`fn(*args)` on a worker: `fn` a function of a module, `args` small or shared; no keywords."""
        if kwargs:
            raise TypeError("work is submitted with positional arguments only")
        future: Future[T] = Future()
        self._try(_Work(future, fn, args))
        return future

    def _try(self, work: "_Work") -> None:
        if work.future.cancelled():
            return
        try:
            started = self._start(work.fn, work.args)
        except (LaunchlabError, RuntimeError, OSError) as error:
            self._failed(work, error)
            return
        work.future.add_done_callback(lambda done: started.cancel() if done.cancelled() else None)
        started.add_done_callback(lambda done: self._ended(work, done))

    def _ended(self, work: "_Work", future: Future[Any]) -> None:
        error = CancelledError("with its data") if future.cancelled() else self._seen(future.exception())
        if error is not None:
            self._failed(work, error)
            return
        self.done += 1
        if work.future.set_running_or_notify_cancel():
            work.future.set_result(future.result())

    def _failed(self, work: "_Work", error: BaseException) -> None:
        """Try again what was lost, elsewhere than in the thread that brings the news."""
        lost = self._open and self._is_lost(error) and not work.future.cancelled()
        if lost and work.attempt < ATTEMPTS:
            self.retried += 1
            again = self._again.submit(self._try, work._replace(attempt=work.attempt + 1))
            again.add_done_callback(lambda done: self._pass_on(work, done))
        elif work.future.set_running_or_notify_cancel():
            text = str(error) or type(error).__name__
            work.future.set_exception(lost_for_good(text, work.attempt) if lost else error)

    def _pass_on(self, work: "_Work", future: Future[None]) -> None:
        """What could not even be tried again fails; nobody would hear of it otherwise."""
        error = CancelledError() if future.cancelled() else future.exception()
        if error is not None and work.future.set_running_or_notify_cancel():
            work.future.set_exception(error)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let go of the workers; without `wait`, also of what they are at."""
        self._open = False
        self._again.shutdown(wait=False, cancel_futures=True)


class _Work(NamedTuple):
    """One call, and the attempt at it."""

    future: Future[Any]
    fn: Callable[..., Any]
    args: tuple[Any, ...]
    attempt: int = 1


def lost_for_good(why: str, attempts: int) -> WorkerError:
    """What to tell of work that no worker survived."""
    return WorkerError(
        f"the same piece of work was lost with its worker {attempts} times ({why.partition(chr(10))[0][:120]}); what was "
        "done is kept: give the workers more memory, or start fewer of them, and continue with `resume=True`"
    )


def attempt(fn: Callable[..., T], args: Sequence[Any]) -> T:
    """What a worker runs. That memory ran out in somebody's own code is no fault of that code: it may do elsewhere."""
    try:
        return fn(*args)
    except LaunchlabError as error:
        if isinstance(error.__cause__, MemoryError):
            raise MemoryError(str(error)) from None
        raise


def spread(
    executor: Executor | None, fn: Callable[..., T], shared: Sequence[Any], parts: Iterable[Any]
) -> list[T]:
    """`fn(*shared, part)` of every part, in order; one after another without an executor.

    `shared` values travel once with a runner, with every part where the executor is none.
    """
    if executor is None:
        return [fn(*shared, part) for part in parts]
    handles = [executor.share(one) for one in shared] if isinstance(executor, Runner) else shared
    futures = [executor.submit(fn, *handles, part) for part in parts]
    try:
        return [future.result() for future in futures]
    finally:
        for future in futures:
            future.cancel()
