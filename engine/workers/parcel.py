"""What travels to another process: pickled once, and every `Panel` in it apart, so that it travels once whatever holds it.

Classes and functions of somebody's own strategy file travel with the file's text, since no other process has imported it.
"""

import hashlib
import io
import pickle
import sys
import threading
from collections.abc import Sequence
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from ...data.errors import ConfigError
from ...data.panel.panel import Panel

OWN = "launchlab_user_"  # modules made from a strategy file are named so
SOURCE = "__source__"  # their text, as it was run

_making = threading.RLock()


class Packed(NamedTuple):
    """A value's pickle, and the panels that it refers to by their place in this tuple."""

    content: bytes
    panels: tuple[Panel, ...]


class Parcel:
    """A packed value in the process that received it; it is unpacked when it is first needed, and once."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self._value: tuple[Any] | None = None
        self._lock = threading.Lock()

    def open(self, panels: Sequence[Panel]) -> Any:
        """The value; `panels` in the place of those it was packed without."""
        with self._lock:
            if self._value is None:
                self._value = (_Unpickler(self.content, panels).load(),)
        return self._value[0]

    def __reduce__(self) -> tuple[type["Parcel"], tuple[bytes]]:
        return Parcel, (self.content,)


def folder_package(folder: Path) -> str:
    """The name of a package that is a folder, so that a file of it can import its neighbours with `from .` as well."""
    name = f"{OWN}{hashlib.sha256(str(folder).encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"
    if name not in sys.modules:
        package = ModuleType(name)
        package.__path__ = [str(folder)]
        sys.modules[name] = package
    return name


def pack(value: Any) -> Packed:
    """The value ready to travel. pickle.PicklingError, TypeError or AttributeError where something in it cannot."""
    room = io.BytesIO()
    pickler = _Pickler(room)
    pickler.dump(value)
    return Packed(room.getvalue(), tuple(pickler.panels))


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, protocol=5)
        self.panels: list[Panel] = []

    def persistent_id(self, obj: Any) -> int | None:
        if not isinstance(obj, Panel):
            return None
        for place, panel in enumerate(self.panels):
            if panel is obj:
                return place
        self.panels.append(obj)
        return len(self.panels) - 1

    def reducer_override(self, obj: Any) -> Any:
        name = getattr(obj, "__module__", None) if isinstance(obj, type | FunctionType) else None
        if not isinstance(name, str) or not name.startswith(OWN) or name not in sys.modules:
            return NotImplemented
        module = sys.modules[name]
        if not hasattr(module, SOURCE):
            return NotImplemented
        return _from_text, (name, str(module.__file__), getattr(module, SOURCE), obj.__qualname__)


class _Unpickler(pickle.Unpickler):
    def __init__(self, content: bytes, panels: Sequence[Panel]) -> None:
        super().__init__(io.BytesIO(content))
        self.panels = panels

    def persistent_load(self, pid: Any) -> Panel:
        return self.panels[pid]


def _from_text(name: str, file: str, text: bytes, attribute: str) -> Any:
    """A class or function of a strategy file, whose module is made from its text where it is not there yet."""
    with _making:
        place: Any = sys.modules.get(name)
        if getattr(place, SOURCE, None) != text:
            place = _module(name, file, text)
    for part in attribute.split("."):
        place = getattr(place, part)
    return place


def _module(name: str, file: str, text: bytes) -> ModuleType:
    folder_package(Path(file).parent.resolve())
    spec = spec_from_loader(name, loader=None, origin=file)
    assert spec is not None
    module = module_from_spec(spec)
    module.__file__ = file
    setattr(module, SOURCE, text)
    folder = str(Path(file).parent.resolve())
    if folder not in sys.path and Path(folder).is_dir():
        sys.path.append(folder)  # the file may import its neighbours
    sys.modules[name] = module
    try:
        exec(compile(text, file, "exec"), module.__dict__)
    except ImportError as error:
        del sys.modules[name]
        raise ConfigError(
            f"{file} cannot be run on a worker ({error}); install what it imports on every machine, and keep its "
            "neighbours under the same path"
        ) from None
    return module
