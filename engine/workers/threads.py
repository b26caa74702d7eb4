"""Threads of this process, which share its memory."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from .runner import Runner

T = TypeVar("T")


class Threads(Runner):
    """Threads of this process, which share its memory; compiled code runs outside the interpreter's lock."""

    local = True

    def note(self) -> str:
        return ""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self._pool, self._threads = ThreadPoolExecutor(threads, "launchlab"), threads

    @property
    def slots(self) -> int:
        return self._threads

    def share(self, value: Any) -> Any:
        return value

    def _start(self, fn: Callable[..., T], args: tuple[Any, ...]) -> Future[T]:
        return self._pool.submit(fn, *args)

    def _is_lost(self, error: BaseException) -> bool:
        return False

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        super().shutdown()
        self._pool.shutdown(wait, cancel_futures=cancel_futures)
