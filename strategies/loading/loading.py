"""From a name and texts to a strategy: the registry, packages' entry points, a file of one's own, typed parameters."""

import hashlib
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, is_dataclass, replace
from functools import lru_cache, partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from ...data.addresses import refuse_address
from ...data.doors import is_file
from ...data.errors import ConfigError, LaunchlabError, did_you_mean
from ...data.installed import is_offered
from ...data.ledger.launch import Launches
from ...data.panel.panel import Panel
from ...engine.backtrader.native.plan import NativeStrategy, is_native
from ...engine.choices import Choice, Chooser
from ...engine.workers.parcel import SOURCE, folder_package
from ..registry import STRATEGIES
from .afresh import afresh
from .parameters import parameters

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "launchlab.strategies"


@dataclass(frozen=True)
class Guarded:
    """A strategy from somebody's own file: what goes wrong inside is reported as a fault of that file."""

    path: Path
    strategy: Any

    @property
    def shaped_by(self) -> frozenset[str]:
        """As the strategy's own, see `BalanceRules`."""
        return frozenset(getattr(self.strategy, "shaped_by", ()))

    def legs(self, launches: Launches, panel: Panel) -> NDArray[Any]:
        with blaming(self.path):
            legs: NDArray[Any] = self.strategy.legs(launches, panel)
        return legs

    def afresh(self) -> "Guarded":
        """The same strategy, asked for the first time: its file is run again."""
        with blaming(self.path):
            return Guarded(self.path, afresh(self.strategy))

    def choices(self, launches: Launches, panel: Panel) -> tuple[Choice, ...]:
        """Empty for a strategy that does not say what it looked at."""
        if not isinstance(self.strategy, Chooser):
            return ()
        with blaming(self.path):
            return tuple(self.strategy.choices(launches, panel))


def strategy_names() -> tuple[str, ...]:
    """Names that `find_strategy` knows, ours first, then those of installed packages."""
    return (*STRATEGIES, *(point.name for point in _offered() if point.name not in STRATEGIES))


def find_strategy(name: str) -> type:
    """The class of a registered name, of an installed package's name, or of `file.py:Class`."""
    if name in STRATEGIES:
        return STRATEGIES[name]
    path, colon, attribute = name.rpartition(":")
    if colon and path.endswith(".py"):
        return _checked(_from_file(Path(path), attribute), name)
    if name.endswith(".py"):
        raise ConfigError(f"{name}: say which class of the file is the strategy, as {name}:MyStrategy")
    for point in (one for one in _offered() if one.name == name):
        with blaming(Path(point.value)):
            found = point.load()
        return _checked(found, name)
    known = strategy_names()
    raise ConfigError(
        f"there is no strategy {name!r}{did_you_mean(name, known)}; "
        f"use one of {', '.join(known)}, or your own as file.py:Class"
    )


def build_strategy(
    name: str, settings: Mapping[str, Any] | None = None, analyzers: tuple[str, ...] = ()
) -> Any:
    """The strategy of a name with its parameters; values may be text or typed.

    `analyzers` of backtrader for a strategy of backtrader's. An unknown parameter or a value of the wrong type is a ConfigError that names the nearest, or what is wanted.
    """
    cls = find_strategy(name)
    known = parameters(cls)
    values: dict[str, Any] = {}
    for key, value in (settings or {}).items():
        if key not in known:
            raise ConfigError(
                f"{name} has no parameter {key!r}{did_you_mean(key, known)}; "
                f"parameters are {', '.join(known) or 'none'}"
            )
        values[key] = known[key].parse(value)
    missing = [p.name for p in known.values() if p.required and p.name not in values]
    if missing:
        raise ConfigError(f"{name} needs a value for {', '.join(missing)}; write `{missing[0]}=…`")
    if analyzers and not is_native(cls):
        raise ConfigError(
            f"`analyzer` {analyzers[0]} is for a backtrader.Strategy, which {name} is not; leave it out"
        )
    if name in STRATEGIES:
        return cls(**values)
    path = Path(name.rpartition(":")[0] or name)
    if is_native(cls):
        return NativeStrategy(cls, values, partial(blaming, path, surely=True), analyzers)
    with blaming(path):
        strategy = cls(**values)
    return Guarded(path, strategy)


def sized(strategy: Any, sizer: str | None, stake: int | None) -> Any:
    """A backtrader strategy whose orders without a size are sized so; of any other kind a ConfigError."""
    if sizer is None and stake is None:
        return strategy
    if not isinstance(strategy, NativeStrategy):
        raise ConfigError(
            "`sizer` and `stake` are for a backtrader.Strategy, whose orders may have no size; leave them out"
        )
    return replace(strategy, sizer=sizer, stake=stake)


def file_sha256(name: str) -> str | None:
    """Of the file that a strategy named `file.py:Class` came from; None for one of an installed package."""
    text = getattr(sys.modules[find_strategy(name).__module__], SOURCE, None)
    return None if text is None else hashlib.sha256(text).hexdigest()


def describe(name: str) -> dict[str, Any]:
    """What a list of strategies shows of one: name, what it does, parameters; plain values ready for JSON."""
    cls = find_strategy(name)
    return {
        "name": name,
        "summary": (cls.__doc__ or "").strip().partition("\n")[0],
        "parameters": [parameter.as_json() for parameter in parameters(cls).values()],
    }


def _offered() -> "Iterable[EntryPoint]":
    """Entry points of installed packages."""
    if not is_offered(GROUP):
        return ()
    from importlib.metadata import entry_points

    return entry_points(group=GROUP)


def _checked(named: Any, name: str) -> type:
    if is_native(named):
        checked: type = named
        return checked
    if not isinstance(named, type) or not callable(getattr(named, "legs", None)):
        raise ConfigError(f"{name} is not a strategy: it must be a class with a method legs(launches, panel)")
    if not is_dataclass(named):
        raise ConfigError(
            f"{name} must be a dataclass; write @dataclass(frozen=True, kw_only=True) above the class"
        )
    return named


def _from_file(path: Path, attribute: str) -> Any:
    refuse_address(path, ConfigError)
    if not is_file(path):
        raise ConfigError(
            f"{str(path)[:200]}: there is no such file; a strategy of your own is named file.py:Class"
        )
    module = _module(path, path.stat().st_mtime_ns)
    if not hasattr(module, attribute):
        classes = [key for key, value in vars(module).items() if hasattr(value, "legs") or is_native(value)]
        hint = did_you_mean(attribute, classes) or f"; it has {', '.join(classes) or 'no strategy'}"
        raise ConfigError(f"{path} has no class {attribute!r}{hint}")
    return getattr(module, attribute)


@lru_cache(maxsize=16)
def _module(path: Path, changed_ns: int) -> ModuleType:
    """The file as a module, run once for each state of the file (`changed_ns`)."""
    name = f"{folder_package(path.parent.resolve())}.{path.stem}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{path} cannot be imported as Python; its name must end in .py")
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up there
    setattr(module, SOURCE, path.read_bytes())  # other processes make the module from it
    folder = str(path.parent.resolve())
    if folder not in sys.path:
        sys.path.append(folder)  # so that the file can import its neighbours
    with blaming(path), redirect_stdout(sys.stderr):
        spec.loader.exec_module(module)
    return module


@contextmanager
def blaming(path: Path, *, surely: bool = False) -> Iterator[None]:
    """Whatever somebody's own code raises becomes a ConfigError with the file and line.

    `surely`: only what passed through a line of the file; the rest is a fault of ours.
    """
    try:
        yield
    except LaunchlabError:
        raise
    except (Exception, SystemExit) as error:
        line, inside = 0, ""
        for frame in traceback.extract_tb(error.__traceback__):
            if Path(frame.filename).name == path.name:
                line, inside = frame.lineno or 0, ""
            elif _is_backtraders(frame.filename):
                inside = f"{Path(frame.filename).name} line {frame.lineno}"
        if isinstance(error, SyntaxError):
            line = error.lineno or 0
        ours = isinstance(error, AssertionError) or not inside
        if surely and ours and not line:
            raise
        where = f"{path} line {line}" if line else str(path)
        raise ConfigError(f"{where}: {type(error).__name__}: {error}; {_mend(error, inside)}") from error


def _is_backtraders(file: str) -> bool:
    library = sys.modules.get("backtrader")
    return library is not None and Path(file).is_relative_to(Path(str(library.__file__)).parent)


def _mend(error: BaseException, inside: str) -> str:
    """What to do about a fault of somebody's own code; `inside` is the line of backtrader that it called, if it did."""
    if isinstance(error, IndexError) and inside.startswith("linebuffer.py"):
        return (
            "the line has no such bar: there is none before the first next(), and a later one cannot be seen"
        )
    if inside:
        return f"repair the strategy, or do without what backtrader's {inside} does, which may not be offered here"
    return "repair the strategy"


def inner(strategy: Any) -> Any:
    """The strategy itself, without the guard around one from a file."""
    return strategy.strategy if isinstance(strategy, Guarded) else strategy
