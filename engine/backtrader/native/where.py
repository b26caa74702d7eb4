"""The line of somebody's own code that asked for something."""

import sys
from collections.abc import Sequence
from pathlib import Path

import backtrader as bt


def where() -> str:
    """`mine.py line 12: ` of the first frame outside of backtrader and this package; empty where there is none."""
    houses = [
        Path(__file__).parents[3] / house for house in ("cli", "data", "engine", "library", "strategies")
    ]
    homes: Sequence[Path] = (Path(bt.__file__).parent, *houses)
    frame = sys._getframe(1)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        inside = any(path.is_relative_to(home) for home in homes)
        if path.suffix == ".py" and not inside and path.is_file() and "site-packages" not in path.parts:
            return f"{path.name} line {frame.f_lineno}: "
        frame = frame.f_back  # type: ignore[assignment]
    return ""
