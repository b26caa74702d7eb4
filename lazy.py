"""The faces of packages: the names that they offer, each imported when it is first used (PEP 562)."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def face(
    package: str, where: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """`__getattr__`, `__dir__` and `__all__` of a package that offers the names of `where`.

    A name lies in `.module` under its own name, or under another as `.module:name`; `.module:` is the module itself.
    """
    names = sorted(where)

    def found(name: str) -> Any:
        if name not in where:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, colon, attribute = where[name].partition(":")
        home = import_module(module, package)
        value = home if colon and not attribute else getattr(home, attribute or name)
        setattr(sys.modules[package], name, value)
        return value

    return found, lambda: names, names
