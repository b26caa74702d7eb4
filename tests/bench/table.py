"""The one table of all measurements: what was measured, what it took, what it is held against."""

import re
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
README = Path(__file__).resolve().parents[2] / "README.md"
HEADINGS = ("what", "launchlab", "wanted", "beside it")


class Row(NamedTuple):
    """One line; every cell is as it is printed."""

    what: str
    ours: str
    wanted: str = ""
    beside: str = ""


def in_turn(rounds: int, contenders: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    """Median of each contender's answers over rounds in which all take turns."""
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, measure in contenders.items():
            found[name].append(measure())
    return {name: statistics.median(values) for name, values in found.items()}


def as_markdown(rows: Sequence[Row]) -> str:
    """The table as README.md has it."""
    lines = ["| " + " | ".join(HEADINGS) + " |", "|---|---:|---:|---|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def with_others(page: str, rows: Sequence[Row]) -> list[Row]:
    """The rows that a page has, those measured again in their places, and the new ones behind them."""
    lines = page[page.index(BEGIN) : page.index(END)].splitlines()[3:]
    there = [Row(*(cell.strip() for cell in line.split("|")[1:-1])) for line in lines if line.startswith("|")]
    again = {row.what: row for row in rows}
    kept = [again.pop(row.what, row) for row in there]
    return [*kept, *again.values()]


def write_into(path: Path, text: str) -> None:
    """Put text between the marks of a page; ValueError where it has none."""
    page = path.read_text(encoding="utf-8")
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.index(BEGIN) > page.index(END):
        raise ValueError(f"{path} needs a line {BEGIN} and, after it, a line {END}")
    made = re.sub(
        f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: f"{BEGIN}\n{text}\n{END}", page, flags=re.DOTALL
    )
    path.write_text(made, encoding="utf-8")
