"""A strategy and the values that its parameters take in a sweep: from names and texts, or from Python's own values."""

import hashlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data.errors import ConfigError
from ..engine.backtest.without_effect import WITHOUT_EFFECT
from ..engine.backtrader.native.plan import NativeStrategy, is_native
from ..engine.sweeps.conditions import of_strategy
from ..engine.sweeps.grid import Grid
from ..strategies.loading.grids import to_grid
from ..strategies.loading.loading import file_sha256, find_strategy, inner
from ..strategies.loading.parameters import values_of
from ..strategies.loading.variants import Variants, variants
from ..strategies.registry import STRATEGIES

MOST_ASKED = 100  # points of a grid at which parameters are asked what they decide


@dataclass(frozen=True)
class Chosen:
    """The strategy called `name`, made by `build` of a point's values, at the points of a grid.

    `sha256` is that of the text it was made from, None for one of ours or of a package.
    """

    name: str
    build: Variants
    grid: Grid
    analyzers: tuple[str, ...] = ()
    sha256: str | None = None

    @property
    def is_native(self) -> bool:
        """Whether it is a strategy of backtrader's."""
        return isinstance(self.build.base, NativeStrategy)

    @property
    def sizing(self) -> dict[str, Any]:
        """How orders without a size are sized, where that was asked for."""
        base = self.build.base
        asked = {"sizer": base.sizer, "stake": base.stake} if isinstance(base, NativeStrategy) else {}
        return {name: value for name, value in asked.items() if value is not None}

    @property
    def fixed(self) -> dict[str, Any]:
        """The parameters that no grid concerns, as plain values."""
        values = values_of(inner(self.build({})))
        return {name: value for name, value in values.items() if name not in self.grid.values}

    @property
    def idle(self) -> tuple[str, ...]:
        """A sentence for each parameter that was set or is swept, and decides nothing at any of points spread over the grid."""
        places = np.unique(np.linspace(0, len(self.grid) - 1, MOST_ASKED).astype(np.int64))
        numbers = [int(self.grid.numbers(k, k + 1)[0]) for k in places]
        found = [inner(self.build(of_strategy(self.grid.point(number)))) for number in numbers]
        if not all(hasattr(one, "idle") for one in found):
            return ()
        told = {name: sentence for one in found for name, sentence in one.idle.items()}
        return tuple(
            f"{WITHOUT_EFFECT}: {sentence}"
            for name, sentence in told.items()
            if all(name in one.unused for one in found)
        )


def choose(
    strategy: Any,
    grid: Mapping[str, Any],
    *,
    settings: Mapping[str, Any] | None = None,
    analyzers: tuple[str, ...] = (),
) -> Chosen:
    """A strategy by its name (with the `settings` that no grid concerns), its class, or itself; ConfigError names the fault.

    Values of the grid are sequences of a parameter's values, or texts as on the command line.
    """
    if isinstance(strategy, str):
        values = to_grid(strategy, find_strategy(strategy), grid)
        build = variants(strategy, settings or {}, of_strategy(values), analyzers)
        return Chosen(strategy, build, Grid(values), analyzers, file_sha256(strategy))
    base = _instance(strategy)
    cls = base.cls if isinstance(base, NativeStrategy) else type(inner(base))
    values = to_grid(cls.__name__, cls, grid)
    return Chosen(
        _name_of(cls), Variants(base), Grid(values), getattr(base, "analyzers", ()), _source_sha256(cls)
    )


def _instance(strategy: Any) -> Any:
    """A strategy that can be run, of one or of its class."""
    if isinstance(strategy, type):
        return NativeStrategy(strategy) if is_native(strategy) else _made(strategy)
    if not callable(getattr(strategy, "legs", None)):
        raise ConfigError(
            f"{strategy!r} is no strategy; hand over a name such as 'long-short', a strategy, or its class"
        )
    return strategy


def _made(strategy: type) -> Any:
    try:
        return _instance(strategy())
    except TypeError as error:
        raise ConfigError(
            f"{strategy.__name__} cannot be made without values ({error}); hand over a strategy instead of its class"
        ) from None


def _name_of(cls: type) -> str:
    return next((name for name, known in STRATEGIES.items() if known is cls), cls.__qualname__)


def _source_sha256(cls: type) -> str | None:
    """Of the text of a class of somebody's own, so that a changed one is not taken for it; None for ours."""
    if cls in STRATEGIES.values():
        return None
    try:
        return hashlib.sha256(inspect.getsource(cls).encode()).hexdigest()
    except (OSError, TypeError):  # typed into a prompt
        return None
