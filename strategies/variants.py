"""One strategy with other values of its parameters, thousands of times."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..engine.native_plan import NativeStrategy
from .loading import Guarded, _blaming, build_strategy


@dataclass(frozen=True)
class Variants:
    """`variants(values)` is the base strategy with `values`, already typed, in the place of its own."""

    base: Any

    def __call__(self, values: Mapping[str, Any]) -> Any:
        if not isinstance(self.base, Guarded):
            return replace(self.base, **values)
        with _blaming(self.base.path):
            return Guarded(self.base.path, replace(self.base.strategy, **values))


def variants(name: str, settings: Mapping[str, Any], grid: Mapping[str, tuple[Any, ...]]) -> Variants:
    """The variants of a named strategy with the settings that no grid concerns; ConfigError as `build_strategy`."""
    first = {key: values[0] for key, values in grid.items()}
    base = build_strategy(name, {**settings, **first})
    if isinstance(base, NativeStrategy):
        base.legs(None, None)  # says why it has none
    return Variants(base)
