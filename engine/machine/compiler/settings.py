"""What a compilation is set to: numba asks a million times, and is told each setting one by one."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from .instead import instead


@contextmanager
def quick_settings() -> Iterator[None]:
    """Tell all settings at once within."""
    from numba.core.targetconfig import TargetConfig

    if not hasattr(TargetConfig(), "_values"):
        yield
        return
    with instead(TargetConfig, "values", ("self",), lambda _: _values):
        yield


def _values(config: Any) -> Any:
    kind: Any = type(config)
    return _usual(kind) | config._values


@cache
def _usual(kind: Any) -> dict[str, Any]:
    return {name: option.default for name, option in kind.options.items()}
