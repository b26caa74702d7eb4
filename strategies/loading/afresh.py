"""A strategy as if nobody had asked it yet: its file is run again, so that nothing is left of what it kept in between."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from io import StringIO
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ...data.ledger.launch import Launches
from ...data.panel.panel import Panel
from ...engine.workers.parcel import SOURCE
from .parameters import parameters


def afresh(strategy: Any) -> "Alone":
    """The same strategy, its class from the text of its file as it was first run; its neighbours are imported again, too."""
    cls = type(strategy)
    module = sys.modules[cls.__module__]
    path = Path(str(module.__file__))
    spec = spec_from_file_location(cls.__module__, path)
    assert spec is not None, "it was loaded from there"
    again = module_from_spec(spec)
    with _without_neighbours(path.parent), redirect_stdout(StringIO()):
        sys.modules[cls.__module__] = again  # dataclasses look their module up there
        exec(compile(getattr(module, SOURCE), str(path), "exec"), again.__dict__)  # the user's own file
    values = {name: getattr(strategy, name) for name in parameters(cls)}
    return Alone(path.parent, getattr(again, cls.__qualname__)(**values))


@dataclass(frozen=True)
class Alone:
    """A strategy that imports its neighbours of `folder` anew whenever it is asked."""

    folder: Path
    strategy: Any

    def legs(self, launches: Launches, panel: Panel) -> NDArray[Any]:
        """As the strategy's own."""
        with _without_neighbours(self.folder):
            legs: NDArray[Any] = self.strategy.legs(launches, panel)
        return legs


@contextmanager
def _without_neighbours(folder: Path) -> Iterator[None]:
    """Modules of a folder forgotten, and afterwards as before: what they remember is somebody else's."""
    kept = {name: sys.modules[name] for name in _modules_of(folder)}
    for name in kept:
        del sys.modules[name]
    try:
        yield
    finally:
        for name in _modules_of(folder):
            del sys.modules[name]
        sys.modules.update(kept)


def _modules_of(folder: Path) -> list[str]:
    """The names of the modules whose file lies in a folder."""
    where = str(folder)
    files = [(name, getattr(module, "__file__", None)) for name, module in list(sys.modules.items())]
    return [name for name, file in files if file is not None and os.path.dirname(file) == where]
