"""From `hold=1:20`, `stop=none,0.03,0.05` to the values of each parameter of a sweep, typed by the strategy's fields."""

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from ...data.errors import ConfigError, did_you_mean
from .loading import find_strategy
from .parameters import Parameter, parameters

MOST_VALUES = 100_000  # of one parameter


def parse_grid(strategy: str, texts: Iterable[str]) -> dict[str, tuple[Any, ...]]:
    """Values by parameter, in the order given, each once.

    `a:b` and `a:b:step` include both ends, the step 1 unless given; else a comma list, `none` switches a rule off.
    Words of a list are joined by `+`: `longs=pure_play,pure_play+supplier` has two values. ConfigError with one
    sentence for an unknown or repeated parameter, and an empty or inverted range.
    """
    known = parameters(find_strategy(strategy))
    grid: dict[str, tuple[Any, ...]] = {}
    for text in texts:
        name, equals, written = (part.strip() for part in text.partition("="))
        if not equals:
            raise ConfigError(f"`grid` {text!r} is not of the form name=values, such as hold=1:20")
        if name not in known:
            raise ConfigError(
                f"{strategy} has no parameter {name!r}{did_you_mean(name, known)}; parameters are {', '.join(known)}"
            )
        if name in grid:
            raise ConfigError(f"`grid` names {name} twice; put its values into one list")
        grid[name] = tuple(dict.fromkeys(_values(known[name], written)))
    if not grid:
        raise ConfigError("a sweep needs at least one parameter in its `grid`, such as `grid='hold=1:20'`")
    return grid


def size(grid: Mapping[str, tuple[Any, ...]]) -> int:
    """Points of the grid."""
    return math.prod(len(values) for values in grid.values())


def _values(parameter: Parameter, written: str) -> list[Any]:
    found: list[Any] = []
    for part in written.split(","):
        part = part.strip()
        if not part:
            raise ConfigError(
                f"`grid` {parameter.name}={written}: a value is missing; write such as 1:20 or 0.03,0.05"
            )
        if ":" in part:
            found += [parameter.parse(str(one)) for one in _range(parameter.name, part)]
        else:
            found.append(parameter.parse(part.replace("+", ",") if parameter.is_list else part))
    return found


def _range(name: str, text: str) -> list[Decimal]:
    """Decimals of `a:b` or `a:b:step`, exact, both ends included where the step meets them."""
    try:
        first, last, *rest = (Decimal(part.strip()) for part in text.split(":"))
        step = rest[0] if rest else Decimal(1)
    except (InvalidOperation, ValueError):
        raise ConfigError(
            f"`grid` {name}: {text!r} is not a range; write it as 1:20 or 0.01:0.1:0.01"
        ) from None
    if len(rest) > 1 or not all(one.is_finite() for one in (first, last, step)):
        raise ConfigError(f"`grid` {name}: {text!r} is not a range; write it as 1:20 or 0.01:0.1:0.01")
    if step <= 0:
        raise ConfigError(f"`grid` {name}: the step of {text!r} must be above 0")
    if last < first:
        raise ConfigError(f"`grid` {name}: the range {text!r} is inverted; write the smaller end first")
    count = int((last - first) / step) + 1
    if count > MOST_VALUES:
        raise ConfigError(
            f"`grid` {name}: {text!r} has {count:,} values; at most {MOST_VALUES:,} are allowed"
        )
    return [first + k * step for k in range(count)]
