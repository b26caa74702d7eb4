"""A `backtrader.Strategy` of somebody's own as a value: its class and parameters. Never imports backtrader itself."""

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from ....data.errors import ConfigError, did_you_mean

USUAL_SIZER = "FixedSize"
WITH_STAKE = (USUAL_SIZER, "SizerFix", "FixedReverser", "FixedSizeTarget")

Guard = Callable[[], AbstractContextManager[None]]


def is_native(candidate: object) -> bool:
    """Whether this is a subclass of backtrader.Strategy; a file that defines one has imported backtrader."""
    library = sys.modules.get("backtrader")
    return library is not None and isinstance(candidate, type) and issubclass(candidate, library.Strategy)


def native_params(cls: type) -> dict[str, Any]:
    """The `params` of a backtrader strategy with their defaults, in the order of their definition."""
    pairs = getattr(cls, "params")._getpairs()  # noqa: B009 (backtrader makes the attribute)
    return {name: value for name, value in pairs.items() if not name.startswith("_")}


def analyzer_names() -> tuple[str, ...]:
    """What backtrader can find out about a run, by the names of its classes."""
    library = sys.modules["backtrader"]
    named = vars(library.analyzers).items()
    return tuple(
        sorted(
            name
            for name, cls in named
            if isinstance(cls, type)
            and issubclass(cls, library.Analyzer)
            and cls is not library.Analyzer
            and not name.endswith("Base")
        )
    )


def sizer_names() -> tuple[str, ...]:
    """How backtrader can size an order that names no size, by the names of its classes."""
    library = sys.modules["backtrader"]
    named = vars(library.sizers).items()
    return tuple(
        sorted(name for name, cls in named if isinstance(cls, type) and issubclass(cls, library.Sizer))
    )


@dataclass(frozen=True)
class NativeStrategy:
    """A backtrader strategy to be run with `values`; `guard` turns what its code raises into a fault of its file.

    `analyzers` are names of backtrader.analyzers, added to those that the class's own `prepare` adds. `sizer` is a name
    of backtrader.sizers and `stake` its shares, for orders sent without a size; the usual one buys a single share.
    """

    cls: type
    values: Mapping[str, Any] = field(default_factory=dict)
    guard: Guard = nullcontext
    analyzers: tuple[str, ...] = ()
    sizer: str | None = None
    stake: int | None = None

    def __post_init__(self) -> None:
        if not is_native(self.cls):
            raise ConfigError(
                f"{self.cls!r} is not a subclass of backtrader.Strategy; hand over such a class"
            )
        self._check_size()
        known = analyzer_names()
        for name in self.analyzers:
            if name not in known:
                raise ConfigError(
                    f"backtrader has no analyzer {name!r}{did_you_mean(name, known)}; it has {', '.join(known)}"
                )

    def _check_size(self) -> None:
        if self.stake is not None and self.stake < 1:
            raise ConfigError(f"`stake={self.stake}` is no number of shares; give a whole number above 0")
        if self.sizer is not None and self.sizer not in sizer_names():
            known = sizer_names()
            raise ConfigError(
                f"backtrader has no sizer {self.sizer!r}{did_you_mean(self.sizer, known)}; it has {', '.join(known)}"
            )
        if self.sizer is not None and self.stake is not None and self.sizer not in WITH_STAKE:
            raise ConfigError(f"the sizer {self.sizer} takes no `stake`; leave one of them out")

    def variant(self, values: Mapping[str, Any]) -> "NativeStrategy":
        """The same with `values` over its own."""
        return replace(self, values={**self.values, **values})

    def legs(self, launches: object, panel: object) -> NoReturn:
        """A backtrader strategy decides bar by bar; whatever needs legs beforehand cannot run it."""
        raise ConfigError(
            f"{self.cls.__name__} is a backtrader strategy: it sends orders bar by bar and has no legs, "
            "so it cannot be studied, nor run by the compiled engine; use `ll.backtest()` or `ll.sweep()`"
        )
