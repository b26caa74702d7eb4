"""Which line of a file let the future in: the first step at which two runs of the same code see different values.

Both runs decide on the same known facts; only what came later differs. Every line of the files in the strategy's folder
is noted with what its local values are, rows that were not known yet left out. Where the notes part, the line before
read something later.
"""

import linecache
import sys
from array import array
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import numpy as np

LARGE = 4_096  # elements of an array that is only looked at when its name is bound anew
MOST_STEPS = 100_000  # of a run; what follows is not noted
MOST_ITEMS = 200  # of a list or dictionary that is looked into
SHORTENED = 64  # rows by which differences and windows shorten an array of sessions


class Rows(NamedTuple):
    """`known` of `total` rows are known; arrays of about `total` rows are compared up to there."""

    total: int
    known: int


class Step(NamedTuple):
    """A line about to run, or the end of a function: file, line, what is noted; `before` is the step that led to it."""

    file: str
    line: int
    kind: str
    noted: tuple[tuple[str, Any], ...]
    before: int


def culprit(
    folder: Path, rows: Rows, first: Callable[[], object], second: Callable[[], object]
) -> tuple[str, str]:
    """`mine.py line 12` and the text of that line; two empty texts where the runs do not part inside the folder."""
    one, other = (_steps(folder, rows, run) for run in (first, second))
    at = next((k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if at is None:
        at = min(len(one), len(other))
        if len(one) == len(other) or at == 0:
            return "", ""
        step = other[-1] if len(other) < len(one) else one[-1]
    else:
        step = one[at]
        if step.kind == "line" or step[:3] != other[at][:3]:
            if step.before < 0:
                return "", ""
            step = one[step.before]
    return f"{Path(step.file).name} line {step.line}", linecache.getline(step.file, step.line).strip()


def _steps(folder: Path, rows: Rows, run: Callable[[], object]) -> list[Step]:
    """The steps of a run in order; what it raises ends them."""
    steps: list[Step] = []
    last: dict[int, int] = {}  # by frame, its latest step
    bound: dict[int, dict[str, tuple[int, Any]]] = {}
    where = str(folder)

    def noted(frame: FrameType) -> tuple[tuple[str, Any], ...]:
        before, now = bound.get(id(frame), {}), {}
        for name, value in frame.f_locals.items():
            known = before.get(name)
            same = known is not None and known[0] == id(value) and np.size(getattr(value, "size", 0)) == 1
            large = isinstance(value, np.ndarray) and value.size > LARGE
            now[name] = (id(value), known[1] if same and large and known is not None else _value(value, rows))
        bound[id(frame)] = now
        return tuple((name, value) for name, (_, value) in now.items())

    def local(frame: FrameType, event: str, arg: Any) -> Any:
        if event in ("line", "return") and len(steps) < MOST_STEPS:
            seen = noted(frame) if event == "line" else (("", _value(arg, rows)),)
            before = last.get(id(frame), len(steps) - 1)
            last[id(frame)] = len(steps)
            steps.append(Step(frame.f_code.co_filename, frame.f_lineno, event, seen, before))
        if event == "return":
            last.pop(id(frame), None)
            bound.pop(id(frame), None)
        return local

    def every(frame: FrameType, event: str, arg: Any) -> Any:
        return local if str(Path(frame.f_code.co_filename).parent) == where else None

    usual = sys.gettrace()
    sys.settrace(every)
    try:
        run()
    except Exception:  # noqa: BLE001 whatever it raises has ended the steps
        pass
    finally:
        sys.settrace(usual)
    return steps


def _value(value: Any, rows: Rows, depth: int = 0) -> Any:
    """What is compared of a value; only the type where it is no plain one."""
    if isinstance(value, float | np.floating):
        return f"{float(value):.12g}"
    if value is None or isinstance(value, bool | int | str | date | np.generic):
        return str(value)
    if hasattr(value, "to_numpy"):
        value = value.to_numpy()
    if isinstance(value, array):
        value = np.asarray(value)
    if isinstance(value, np.ndarray):
        return _array(value, rows)
    if isinstance(value, list | tuple | dict) and depth < 3 and len(value) <= MOST_ITEMS:
        items = list(value.items()) if isinstance(value, dict) else value
        return tuple(_value(item, rows, depth + 1) for item in items)
    return type(value).__name__


def _array(values: Any, rows: Rows) -> Any:
    hidden = rows.total - rows.known
    for axis, length in enumerate(values.shape[:2]):
        if rows.total - SHORTENED <= length <= rows.total and hidden < length:
            values = values[(slice(None),) * axis + (slice(0, length - hidden),)]
            break
    if values.dtype == object:
        return str(values.tolist())[:MOST_ITEMS]
    if values.dtype.kind == "f":
        return hash(np.round(values, 12).tobytes()), values.shape
    return hash(np.ascontiguousarray(values).tobytes()), values.shape
