"""The patience and manners with which a server is asked."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tenacity


class Busy(Exception):
    """An answer that may be better later: a rate limit, a broken connection, half an answer. Never leaves whoever asked."""


@dataclass(frozen=True)
class Patience:
    """How long one answer may take, how often to ask again, and the first and longest pause in seconds."""

    timeout: float = 30.0
    attempts: int = 6
    first_pause: float = 2.0
    longest_pause: float = 60.0

    def retrying(self, sleep: Callable[[float], None] = time.sleep) -> "tenacity.Retrying":
        """Ask again while the answer is Busy: pauses double, with some chance so that threads do not march in step."""
        import tenacity

        pauses = tenacity.wait_exponential(multiplier=self.first_pause, max=self.longest_pause)
        return tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.attempts),
            wait=pauses + tenacity.wait_random(0, self.first_pause),
            retry=tenacity.retry_if_exception_type(Busy),
            sleep=sleep,
            reraise=True,
        )


@dataclass
class Brake:
    """One pause shared by all threads: when the server says slow down, nobody asks until it is over."""

    until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def press(self, seconds: float) -> None:
        with self._lock:
            self.until = max(self.until, time.monotonic() + seconds)

    def wait(self) -> None:
        while (rest := self.until - time.monotonic()) > 0:
            time.sleep(rest)
