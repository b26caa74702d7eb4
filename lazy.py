"""The faces of packages: the names that they offer, each imported when it is first used (PEP 562)."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
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


class Door:
    """A module under a second name, imported when that name is (a finder and loader of PEP 451)."""

    def __init__(self, name: str, home: str) -> None:
        self.name, self.home = name, home

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name == self.name else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = import_module(self.home)
        self.own = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing but to let it keep its own name."""
        module.__spec__ = self.own


def door(name: str, home: str) -> None:
    """Let the module `home` be imported as `name` too, where a file of that name would hide a library's."""
    if not any(isinstance(one, Door) and one.name == name for one in sys.meta_path):
        sys.meta_path.append(Door(name, home))
