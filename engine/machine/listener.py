"""Hears from numba which function it compiles, and how far it is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from numba.core import event

PASSES = 28  # over one function
Tell = Callable[[str, float, float], None]


class _Listener(event.Listener):  # type: ignore[misc]
    """Counts the bulk of what is compiled, and of what is under way the share of its passes."""

    def __init__(self, bulks: dict[Any, float], tell: Tell) -> None:
        self.bulks, self.tell = bulks, tell
        self.left, self.total = dict(bulks), sum(bulks.values())
        self.under_way: list[Any] = []
        self.passed = 0

    def say(self, share: float = 0.0) -> None:
        """What is compiled now, with `share` of it done."""
        if self.under_way:
            now = self.under_way[-1]
            done = self.total - sum(self.left.values()) + share * self.left.get(now, 0.0)
            self.tell(now.__name__.strip("_").replace("_", " "), done, self.total)

    def on_start(self, event: Any) -> None:
        if event.kind == "numba:compile":
            self.under_way.append(event.data["dispatcher"].py_func)
            self.passed = 0
            self.say()

    def on_end(self, event: Any) -> None:
        if event.kind == "numba:compile":
            self.left.pop(self.under_way.pop(), None)
            self.passed = PASSES
            self.say()
        elif self.under_way and f"[{self.under_way[-1].__name__}]" in event.data["name"]:
            self.passed += 1
            self.say(min(self.passed / PASSES, 0.95))


@contextmanager
def listening(bulks: dict[Any, float], tell: Tell) -> Iterator[None]:
    """Call `tell` with names and bulks while functions of these bulks are compiled, and at the end with all of it."""
    heard = _Listener(bulks, tell)
    try:
        with event.install_listener("numba:compile", heard), event.install_listener("numba:run_pass", heard):
            yield
    finally:
        tell("", heard.total, heard.total)
