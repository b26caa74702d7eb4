"""One strategy with other values of its parameters, thousands of times."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...engine.backtrader.native.plan import NativeStrategy
from .loading import Guarded, blaming, build_strategy


@dataclass(frozen=True)
class Variants:
    """`variants(values)` is the base strategy with `values`, already typed, in the place of its own."""

    base: Any

    def __call__(self, values: Mapping[str, Any]) -> Any:
        if isinstance(self.base, NativeStrategy):
            return self.base.variant(values)
        if not isinstance(self.base, Guarded):
            return replace(self.base, **values)
        with blaming(self.base.path):
            return Guarded(self.base.path, replace(self.base.strategy, **values))


def variants(
    name: str,
    settings: Mapping[str, Any],
    grid: Mapping[str, tuple[Any, ...]],
    analyzers: tuple[str, ...] = (),
) -> Variants:
    """The variants of a named strategy with the settings that no grid concerns; ConfigError as `build_strategy`."""
    first = {key: values[0] for key, values in grid.items()}
    return Variants(build_strategy(name, {**settings, **first}, analyzers))
