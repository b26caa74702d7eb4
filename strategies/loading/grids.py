"""From `hold=1:20`, `stop=none,0.03,0.05` to the values of each parameter of a sweep, typed by what has the parameter.

A grid names parameters of the strategy, and fields of the portfolio and the broker as `config.slippage_bp` and
`brokerage.cn_min`.
"""

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

from pydantic import BaseModel

from ...data.errors import ConfigError, did_you_mean
from ...data.rules.brokerage import Brokerage
from ...engine.config import Config
from .loading import find_strategy
from .parameters import Parameter, parameters

MOST_VALUES = 100_000  # of one parameter
MODELS: Mapping[str, type[BaseModel]] = {"config": Config, "brokerage": Brokerage}


def parse_grid(strategy: str, texts: Iterable[str]) -> dict[str, tuple[Any, ...]]:
    """Values by parameter of texts such as `hold=1:20`, as `to_grid`."""
    return to_grid(strategy, find_strategy(strategy), texts_by_name(texts))


def texts_by_name(texts: Iterable[str]) -> dict[str, str]:
    """`hold=1:20` as text by parameter, in the order given; ConfigError for one that stands twice."""
    written: dict[str, str] = {}
    for text in texts:
        name, equals, values = (part.strip() for part in text.partition("="))
        if not equals:
            raise ConfigError(f"`grid` {text!r} is not of the form name=values, such as hold=1:20")
        if name in written:
            raise ConfigError(f"`grid` names {name} twice; put its values into one list")
        written[name] = values
    return written


def to_grid(name: str, strategy: type, grid: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    """Values by parameter of the strategy called `name`, in the order given, each once.

    Values are a sequence of them, or a text: `a:b` and `a:b:step` include both ends, the step 1 unless given; else a
    comma list, `none` switches a rule off; words of a list are joined by `+`: `pure_play,pure_play+supplier` has two
    values. ConfigError with one sentence for an unknown parameter, and an empty or inverted range.
    """
    if not grid:
        raise ConfigError("a sweep needs at least one parameter in its `grid`, such as `grid='hold=1:20'`")
    known = parameters(strategy)
    return {key: _distinct(_parameter(name, known, key), values) for key, values in grid.items()}


def size(grid: Mapping[str, tuple[Any, ...]]) -> int:
    """Points of the grid."""
    return math.prod(len(values) for values in grid.values())


def _parameter(strategy: str, known: Mapping[str, Parameter], key: str) -> Parameter:
    """The parameter that a grid names, of the strategy, the portfolio or the broker."""
    table, dot, field = key.partition(".")
    if dot and table in MODELS:
        return _field(table, MODELS[table], field)
    if key in known:
        return known[key]
    if key in Config.model_fields:
        raise ConfigError(
            f"{key} belongs to the portfolio, not to the strategy; write `grid='config.{key}=…'`"
        )
    others = [
        *known,
        *(f"{table}.{field}" for table, model in MODELS.items() for field in model.model_fields),
    ]
    raise ConfigError(
        f"{strategy} has no parameter {key!r}{did_you_mean(key, others)}; parameters are {', '.join(known)}, and "
        "config.… and brokerage.… of the portfolio and the broker"
    )


def _field(table: str, model: type[BaseModel], field: str) -> Parameter:
    if field not in model.model_fields:
        raise ConfigError(
            f"{table} has no {field!r}{did_you_mean(field, model.model_fields)}; it has {', '.join(model.model_fields)}"
        )
    about = model.model_fields[field]
    return Parameter(f"{table}.{field}", about.annotation, about.default)


def _distinct(parameter: Parameter, values: Any) -> tuple[Any, ...]:
    if isinstance(values, str):
        return tuple(dict.fromkeys(_written(parameter, values)))
    if not isinstance(values, Iterable):
        values = (values,)
    typed = [_typed(parameter, value) for value in values]
    if not typed:
        raise ConfigError(f"`grid` {parameter.name} has no value; give at least one")
    if len(typed) > MOST_VALUES:
        raise ConfigError(
            f"`grid` {parameter.name} has {len(typed):,} values; at most {MOST_VALUES:,} are allowed"
        )
    return tuple(dict.fromkeys(typed))


def _typed(parameter: Parameter, value: Any) -> Any:
    """A value of Python's own; what cannot be told from text, such as a class, is taken as it is."""
    scalar = value is None or isinstance(value, bool | int | float | str | tuple | list | Enum)
    if not scalar and not hasattr(value, "item"):  # numpy's numbers have it
        return value
    return _plain(parameter.parse(value.value if isinstance(value, Enum) else value), parameter)


def _plain(value: Any, parameter: Parameter) -> Any:
    """Fields of the portfolio as they stand in its file; a strategy gets what its field is declared as."""
    return value.value if isinstance(value, Enum) and "." in parameter.name else value


def _written(parameter: Parameter, text: str) -> list[Any]:
    values: list[Any] = []
    for part in map(str.strip, text.split(",")):
        if not part:
            raise ConfigError(
                f"`grid` {parameter.name}={text}: a value is missing; write such as 1:20 or 0.03,0.05"
            )
        if ":" in part:
            values += [parameter.parse(str(value)) for value in _range(parameter.name, part)]
        else:
            value = parameter.parse(part.replace("+", ",") if parameter.is_list else part)
            values.append(_plain(value, parameter))
    return values


def _range(name: str, text: str) -> list[Decimal]:
    """Decimals of `a:b` or `a:b:step`, exact, both ends included where the step meets them."""
    try:
        first, last, *rest = (Decimal(part.strip()) for part in text.split(":"))
        step = rest[0] if rest else Decimal(1)
    except (InvalidOperation, ValueError):
        raise ConfigError(
            f"`grid` {name}: {text!r} is not a range; write it as 1:20 or 0.01:0.1:0.01"
        ) from None
    if len(rest) > 1 or not all(end.is_finite() for end in (first, last, step)):
        raise ConfigError(f"`grid` {name}: {text!r} is not a range; write it as 1:20 or 0.01:0.1:0.01")
    if step <= 0:
        raise ConfigError(f"`grid` {name}: the step of {text!r} must be above 0")
    if last < first:
        raise ConfigError(f"`grid` {name}: the range {text!r} is inverted; write the smaller end first")
    if first < last < first + step:
        raise ConfigError(
            f"`grid` {name}: {text!r} is the single value {first}, since its step is {step}; write a smaller step, as in "
            f"{first}:{last}:{_usual_step(last - first)}"
        )
    count = int((last - first) / step) + 1
    if count > MOST_VALUES:
        raise ConfigError(
            f"`grid` {name}: {text!r} has {count:,} values; at most {MOST_VALUES:,} are allowed"
        )
    return [first + k * step for k in range(count)]


def _usual_step(span: Decimal) -> str:
    """The power of ten next below a span: 0.01 for 0.09."""
    return f"{Decimal(1).scaleb(span.adjusted()):f}"
