"""The last few of what takes a while to make, each made once however many threads ask for it."""

from collections.abc import Callable, Hashable
from threading import RLock
from typing import Generic, TypeVar, cast

T = TypeVar("T")


class Kept(Generic[T]):
    """At most `most` values by their keys, the oldest dropped first; a copy in another process begins empty."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._values: dict[Hashable, T] = {}
        self._making = RLock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of a key, made where it is not there."""
        with self._making:
            if key not in self._values:
                made = make()
                while len(self._values) >= self.most:
                    self._values.pop(next(iter(self._values)))
                self._values[key] = made
            return self._values[key]

    def __reduce__(self) -> tuple[Callable[[int], "Kept[T]"], tuple[int]]:
        return cast("Callable[[int], Kept[T]]", Kept), (self.most,)
