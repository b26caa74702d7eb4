"""Months of an index future as files, and terms of it, for tests."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from launchlab.data.bars.folder import read_bars
from launchlab.data.instruments.futures import PRODUCTS
from launchlab.data.panel.build import SAMPLE
from launchlab.data.panel.contracts import last_trading_day

TERMS = (
    "product,since,margin,rate,fixed,roll,source\n"
    "IF,2026-01-05,0.12,0.000023,0,3,a broker\n"
    "HSI,2026-01-05,0.08,0,20,3,a broker\n"
)


def write_months(folder: Path, months: Mapping[str, Sequence[tuple[str, float, float]]]) -> None:
    """One file a month: (day, open, close); the volume is a thousand contracts."""
    for name, rows in months.items():
        lines = [f"{day},{o},{max(o, c)},{min(o, c)},{c},1000" for day, o, c in rows]
        (folder / f"{name}.csv").write_text("\n".join(["date,open,high,low,close,volume", *lines]) + "\n")


def write_terms(folder: Path, text: str = TERMS) -> Path:
    """The terms beside the prices, under a name that is no code's."""
    path = folder / "futures.txt"
    path.write_text(text)
    return path


def write_sample_months(folder: Path) -> Path:
    """The sample market's files beside months of IF and HTI made of its two funds, a thousand times their closes and a few points a
    month more; returns the file of their terms."""
    with zipfile.ZipFile(SAMPLE) as archive:
        archive.extractall(folder)
    for root, fund in (("IF", "510300.SS"), ("HTI", "3033.HK")):
        bars = read_bars(folder, [fund])[fund]
        days = [
            (str(day), float(close))
            for day, close in zip(bars.sessions, bars.close, strict=True)
            if close > 0
        ]
        months = [f"{year}{month:02d}" for year in (25, 26) for month in range(1, 13)]
        for k, month in enumerate(months):
            last = str(last_trading_day(PRODUCTS[root], f"{root}{month}"))
            first = str(np.datetime64(last) - np.timedelta64(80, "D"))
            held = [(day, round(1000 * close) + 4.0 * k) for day, close in days if first <= day <= last]
            if held:
                write_months(folder, {f"{root}{month}": [(day, price, price) for day, price in held]})
    terms = TERMS.replace("2026-01-05", "2025-01-02").replace("HSI", "HTI")
    return write_terms(folder, terms)
