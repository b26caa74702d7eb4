"""When a marked function runs as Python, and when as machine code: whichever is sooner done, with the same numbers.

The compiler takes a quarter of a minute for a path of the engine, and loading what it made a second, while a single run takes Python
some hundredths. So work is counted, as the seconds that Python would take, until it is more than the machine code costs;
work of which it is known how often it comes (`repeated`) counts at once. What somebody waits for counts in the runs after
this one as well: a sweep that is run again and again compiles when Python has worked on it for as long as that takes.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from functools import wraps
from importlib import import_module
from typing import Any, Literal, NamedTuple

import numpy as np
from filelock import FileLock

from ..njit import MARKED, MODULES
from .compiler.inner import CALLED_FROM_CODE, CALLED_FROM_PYTHON
from .compiler.quick import quick_compiling
from .place import cache_folder
from .spent import spend, spent
from .watch import watched

LOADING, LOADING_MORE = 1.0, 0.01  # seconds to import numba and load what is kept, and to load more of it
NOTICED = 5.0  # seconds of work in Python that somebody waits for: a run of less never has to wait for a compiler instead
WAYS = ("suited", "python", "machine")
Way = Literal["suited", "python", "machine"]


class Effort(NamedTuple):
    """Seconds on a usual machine: of one unit of work in Python, and of compiling."""

    unit: float
    compiling: float


class _State:
    """What this process has made, and how much it was asked to do."""

    def __init__(self) -> None:
        self.gate = threading.RLock()
        self.way: Way = "suited"
        self.made: dict[Any, Any] = {}  # numba's dispatchers, to be called
        self.inner: list[Any] = []  # and for compiled code alone
        self.ready: set[Any] = set()  # functions whose machine code is in memory
        self.asked: dict[Any, float] = {}  # seconds of work in Python
        self.as_python = 0.0  # of those, what was left to Python as the sooner done


_state = _State()
_times: ContextVar[int] = ContextVar("times", default=1)  # of each thread


@contextmanager
def only(way: Way) -> Iterator[None]:
    """All work as Python, all as machine code, or as it is sooner done, which is usual."""
    before, _state.way = _state.way, way
    try:
        yield
    finally:
        _state.way = before


@contextmanager
def repeated(times: int) -> Iterator[None]:
    """Work that will be done so many times over: what is worth compiling for all of it is compiled for the first."""
    token = _times.set(times)
    try:
        yield
    finally:
        _times.reset(token)


def is_python_only() -> bool:
    """Whether NUMBA_DISABLE_JIT=1 asks for Python throughout."""
    return os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")


def by_effort(function: Any, effort: Effort, units: float) -> Callable[..., Any]:
    """A marked function as it is sooner done with so many units of work."""
    return as_python(function) if is_left_to_python(function, effort, units) else machine_code(function)


def is_left_to_python(function: Any, effort: Effort, units: float) -> bool:
    """Whether so many units of a function's work are sooner done without its machine code; they are counted."""
    if is_python_only() or _state.way == "python":
        return True
    asked = _state.asked[function] = _state.asked.get(function, 0.0) + effort.unit * units
    coming = asked + effort.unit * units * (_times.get() - 1)
    if _state.way == "machine" or function in _state.ready or _pays(function, effort, coming):
        return False
    _state.as_python += effort.unit * units
    if asked > NOTICED:
        spend(function, effort.unit * units)
    return True


def _pays(function: Any, effort: Effort, coming: float) -> bool:
    """Whether so many seconds of work, with those that earlier runs have left to Python, are more than machine code costs."""
    loading = LOADING_MORE if _state.ready else LOADING
    if coming <= loading or is_kept(function):
        return coming > loading
    return coming + (spent(function) if coming > NOTICED else 0.0) > effort.compiling


def left_to_python() -> float:
    """Seconds of work, as a usual machine takes them, that this process has done in Python since compiling took longer."""
    return _state.as_python


def as_python(function: Any) -> Callable[..., Any]:
    """A marked function as Python, as silent about divisions by zero as machine code is."""

    @wraps(function)
    def run(*args: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*map(_quick_to_read, args))

    return run


def _quick_to_read(value: Any) -> Any:
    """What a marked function is given, with views in the place of arrays of numbers that it cannot write to.

    A view answers with Python's own numbers, of the same value, in half the time.
    """
    if isinstance(value, tuple):
        parts = [_quick_to_read(part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if (
        isinstance(value, np.ndarray)
        and value.size
        and value.dtype.kind in "biuf"
        and not value.flags.writeable
    ):
        return value.data
    return value


def machine_code(function: Any) -> Callable[..., Any]:
    """A marked function as machine code, which is loaded or compiled when it is first called."""
    if is_python_only():
        return as_python(function)
    if function in _state.ready:
        ready: Callable[..., Any] = _state.made[function]
        return ready

    @wraps(function)
    def run(*args: Any) -> Any:
        _make_ready(function, args)
        return _state.made[function](*args)

    return run


def is_kept(function: Any) -> bool:
    """Whether machine code of a function lies in the cache folder."""
    folder = cache_folder()
    name = (
        f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}-{function.__code__.co_firstlineno}"
    )
    return folder is not None and any(folder.glob(f"*/{name}.*.nbi"))


def _make_ready(function: Any, args: tuple[Any, ...]) -> None:
    """Load a function's machine code for the types of these arguments, or compile it; never twice at once."""
    with _state.gate:
        if function in _state.ready:
            return
        _tell_numba()
        from numba import typeof

        dispatcher, kinds = _state.made[function], tuple(typeof(one) for one in args)
        if is_kept(function):
            dispatcher.compile(kinds)
        else:
            # whoever waited here finds what the other has kept, and compiles nothing
            with _alone(function), watched(function), quick_compiling():
                dispatcher.compile(kinds)
        _state.ready.add(function)


def _alone(function: Any) -> AbstractContextManager[Any]:
    """A lock on the compilation of a function against all processes that share the cache folder."""
    folder = cache_folder()
    return FileLock(folder / f"{function.__name__.strip('_')}.lock") if folder else nullcontext()


def _tell_numba() -> None:
    """Make numba's dispatchers of every marked function that has none yet: one to call, one for those that call it."""
    import numba
    from numba.core import config

    while MODULES:
        import_module(MODULES.pop())
    folder, own = cache_folder(), config.CACHE_DIR
    config.CACHE_DIR = str(folder) if folder else own
    try:
        for function in MARKED[len(_state.made) :]:
            options = {"nogil": True, "error_model": "numpy", **function.targetoptions}
            made = numba.njit(cache=folder is not None, **options, **CALLED_FROM_PYTHON)(function)
            both = getattr(function, "from_both", False)
            inner = made if both else numba.njit(**options, **CALLED_FROM_CODE)(function)
            _state.inner.append(inner)  # numba itself would let go of it
            _state.made[function], function._numba_type_ = made, inner._numba_type_
    finally:
        config.CACHE_DIR = own
