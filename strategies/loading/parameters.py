"""The parameters of a strategy, read off its dataclass fields: type, default, unit, help, and text to value."""

import re
import sys
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from datetime import timedelta
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from ...data.errors import ConfigError, did_you_mean
from ...engine.backtrader.native.plan import NativeStrategy, is_native, native_params

RANGE = re.compile(r"\s*[\d.]+\s*[-–~]\s*[\d.]+\s*")  # as people write one
PERCENT = re.compile(r"([+-]?\d{1,9}(?:\.\d{1,9})?)\s*%")
OFF = ("none", "null", "off")
TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Parameter:
    """One field of a strategy. `unit` and `help` come from the field's metadata (strategies.common.about)."""

    name: str
    hint: Any
    default: Any
    unit: str = ""
    help: str = ""
    quiet: bool = False  # left out of a run's parameters where it has its default

    @property
    def required(self) -> bool:
        return self.default is MISSING

    @property
    def is_list(self) -> bool:
        return get_origin(self.hint) in (tuple, list, frozenset)

    @property
    def type_name(self) -> str:
        """The type as a user reads it: `number or none`, `open|close`, `list of words`."""
        return _type_name(self.hint)

    def parse(self, value: Any) -> Any:
        """The value of a text (`5`, `none`, `a,b`) or of a TOML value, or a ConfigError saying what is wanted."""
        try:
            return _parse(self.hint, value)
        except ValueError:
            options = [str(option) for option in _choices(self.hint)]
            hint = did_you_mean(str(value), options)
            raise ConfigError(
                f"{self.name} must be {self.type_name}, not {value!r}{hint}{_mend(str(value))}"
            ) from None

    def as_json(self) -> dict[str, Any]:
        """Plain values, ready for JSON: `type` is int, float, bool, str or a list of one of them."""
        options = [option for option in _options(self.hint) if option is not NoneType]
        choices = [_plain(option) for option in _choices(self.hint)]
        return {
            "name": self.name,
            "type": "str" if choices else " or ".join(_code_name(option) for option in options),
            "optional": NoneType in _options(self.hint),
            "choices": choices or None,
            "default": None if self.required else _plain(self.default),
            "required": self.required,
            "unit": self.unit,
            "help": self.help,
        }


def _mend(text: str) -> str:
    """What somebody who wrote a range or a percentage may write instead; empty for anything else."""
    if RANGE.fullmatch(text):
        return "; a range belongs to a sweep, written as 1:20"
    if share := PERCENT.fullmatch(text):
        return f"; write {share[1]} % as {float(share[1]) / 100:g}"
    return ""


def parameters(strategy: type) -> dict[str, Parameter]:
    """Parameters of a strategy's dataclass by name, in the order of its fields; of a backtrader one, its `params`."""
    if is_native(strategy):
        return {
            name: Parameter(name, _native_hint(value), value)
            for name, value in native_params(strategy).items()
        }
    hints = get_type_hints(strategy)
    fields_by_name = {}
    for field in fields(strategy):
        if not field.init:
            continue
        default = field.default if field.default_factory is MISSING else field.default_factory()
        unit, words = str(field.metadata.get("unit", "")), str(field.metadata.get("help", ""))
        quiet = bool(field.metadata.get("quiet", False))
        fields_by_name[field.name] = Parameter(field.name, hints[field.name], default, unit, words, quiet)
    return fields_by_name


def _native_hint(default: Any) -> Any:
    """The type of a `params` default; where it says nothing, a number if the text is one.

    False often stands for "none" (`trail=False`), so that a number may take its place.
    """
    if default is None:
        return int | float | str | NoneType
    if isinstance(default, bool):
        return bool | int | float
    if isinstance(default, list | tuple):
        kinds = {type(one) for one in default}
        member: Any = kinds.pop() if len(kinds) == 1 else int | float | str
        return list[member] if isinstance(default, list) else tuple[member, ...]
    return type(default)


def values_of(strategy: Any) -> dict[str, Any]:
    """The parameters of a built strategy as plain values, ready for JSON and TOML."""
    if isinstance(strategy, NativeStrategy):
        return {
            name: _plain(value)
            for name, value in (native_params(strategy.cls) | dict(strategy.values)).items()
        }
    known = parameters(type(strategy))
    values = {name: getattr(strategy, name) for name in known}
    return {
        name: _plain(value)
        for name, value in values.items()
        if not known[name].quiet or value != known[name].default
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list | set | frozenset):
        return [_plain(one) for one in value]
    if isinstance(value, bool | int | float | str | NoneType):
        return value
    # a class or function by its name: where it lies in memory is different every time
    return getattr(value, "__qualname__", None) or str(value)


def _parse(hint: Any, value: Any) -> Any:
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return _parse_union(hint, value)
    if origin is Literal or (isinstance(hint, type) and issubclass(hint, Enum)):
        return _parse_choice(hint, value)
    if origin in (tuple, list, frozenset):
        return _parse_list(hint, value)
    if isinstance(hint, type) and issubclass(hint, bool | int | float | str):
        return _parse_scalar(hint, value)
    if hint is timedelta:
        return value if isinstance(value, timedelta) else timedelta(days=float(value))
    if isinstance(hint, type) and issubclass(hint, type):
        return _parse_class(value)
    raise ConfigError(
        f"a parameter of type {_type_name(hint)} cannot be set as text; build the strategy in Python"
    )


def _parse_class(value: Any) -> type:
    """A class of backtrader by its name, such as SMA or bt.ind.SMA, or one that stands for itself."""
    if isinstance(value, type):
        return value
    library, name = sys.modules["backtrader"], str(value).strip().rpartition(".")[2]
    for place in (library.indicators, library):
        named = getattr(place, name, None)
        if isinstance(named, type):
            return named
    raise ValueError(value)


def _parse_scalar(hint: type, value: Any) -> Any:
    text = str(value).strip()
    if hint is bool:
        if text.lower() not in TRUTH:
            raise ValueError(text)
        return TRUTH[text.lower()]
    if hint is str:
        return text
    if isinstance(value, bool):
        raise ValueError(text)
    number = float(text)
    if hint is float:
        return number
    if number != number or not number.is_integer():
        raise ValueError(text)
    return int(number)


def _parse_union(hint: Any, value: Any) -> Any:
    options = get_args(hint)
    if NoneType in options and (value is None or (isinstance(value, str) and value.strip().lower() in OFF)):
        return None
    for option in options:
        if option is NoneType:
            continue
        try:
            return _parse(option, value)
        except ValueError:
            continue
    raise ValueError(value)


def _parse_choice(hint: Any, value: Any) -> Any:
    for option in _choices(hint):
        if str(_plain(option)) == str(value).strip():
            return option
    raise ValueError(value)


def _parse_list(hint: Any, value: Any) -> Any:
    items = value if isinstance(value, list | tuple) else [part.strip() for part in str(value).split(",")]
    items = [item for item in items if item != ""]
    args = [item for item in get_args(hint) if item is not Ellipsis]
    if get_origin(hint) is tuple and Ellipsis not in get_args(hint):
        if len(items) != len(args):
            raise ValueError(value)
        return tuple(_parse(kind, item) for kind, item in zip(args, items, strict=True))
    made = (_parse(args[0] if args else str, item) for item in items)
    origin: type = get_origin(hint) or tuple
    return origin(made)


def _options(hint: Any) -> tuple[Any, ...]:
    """The members of a union, or the hint alone."""
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _code_name(hint: Any) -> str:
    if get_origin(hint) in (tuple, list, frozenset):
        inner = dict.fromkeys(_code_name(one) for one in get_args(hint) if one is not Ellipsis)
        return f"list[{', '.join(inner)}]"
    return getattr(hint, "__name__", str(hint))


def _choices(hint: Any) -> Iterator[Any]:
    if get_origin(hint) is Literal:
        yield from get_args(hint)
    elif isinstance(hint, type) and issubclass(hint, Enum):
        yield from hint
    elif len(_options(hint)) > 1:
        for option in _options(hint):
            yield from _choices(option)


def _type_name(hint: Any) -> str:
    words = {
        int: "a whole number", float: "a number", bool: "true or false", str: "text", NoneType: "none",
        timedelta: "a number of days",
    }  # fmt: skip
    if hint in words:
        return words[hint]
    if isinstance(hint, type) and issubclass(hint, type):
        return "a class of backtrader such as SMA"
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return " or ".join(_type_name(option) for option in get_args(hint))
    if origin in (tuple, list, frozenset):
        inner = dict.fromkeys(_type_name(one) for one in get_args(hint) if one is not Ellipsis)
        return f"a list of {' and '.join(inner).replace('text', 'words')}"
    choices = [str(_plain(option)) for option in _choices(hint)]
    return "|".join(choices) or getattr(hint, "__name__", str(hint))
