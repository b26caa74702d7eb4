"""How many small faults the tests notice: a seeded sample of mutants of rules, engine, results and research.

    python -m tests.bench.mutants [--area rules] [--sample 40] [--seed 1]

Each mutant is one changed comparison, sum, constant or day in a copy of the project, against those tests of its area that run
the line (and the others of their files), interpreted. Prints the survivors, each either equal in effect or a missing test,
and the score. What only the laws over random markets notice counts as a survivor: they take too long here.
"""

import argparse
import ast
import copy
import random
import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from .trials import Covering, load_libraries, pass_in

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = shutil.ignore_patterns(".git", ".links", "__pycache__", ".*_cache", "docs", "build", "*.egg-info")
AREAS = {
    "rules": (("data/rules/*.py",), ("tests/data/rules", "tests/data/panel/test_build.py")),
    "judge": (("engine/judge/*.py",), ("tests/engine/judge", "tests/engine/compiled")),
    "kernel": (
        ("engine/compiled/*.py",),
        (
            "tests/engine/compiled",
            "tests/engine/inside",
            "tests/engine/backtrader/test_broker.py",
            "tests/laws/test_futures.py",
        ),
    ),
    "results": (("engine/results/*.py",), ("tests/engine/results", "tests/engine/backtest/test_backtest.py")),
    "research": (("engine/study/*.py", "engine/luck/*.py"), ("tests/engine/study", "tests/engine/luck")),
    "balance": (("strategies/balance/*.py",), ("tests/strategies/balance",)),
    "ledger": (("data/ledger/*.py",), ("tests/data/ledger",)),
    "panel": (
        ("data/panel/*.py",),
        (
            "tests/data/panel",
            "tests/data/market",
            "tests/engine/judge/test_futures.py",
            "tests/laws/test_actions.py",
            "tests/laws/test_futures.py",
        ),
    ),
}
COMPARED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq
}  # fmt: skip
COMPUTED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
NAMES = {"any": "all", "all": "any", "minimum": "maximum", "maximum": "minimum", "min": "max", "max": "min"}
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Mutant(NamedTuple):
    """One change of one file: the characters from `start` to `end` become `text`."""

    path: Path
    line: int
    column: int
    last: int
    start: int
    end: int
    before: str
    text: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}:{self.column}: {self.before}  ->  {self.text}"


def changed(node: ast.AST) -> ast.AST | None:
    """The node with one fault in it; None where it has none to offer."""
    new = copy.deepcopy(node)
    match new:
        case ast.Compare(ops=[op]) if type(op) in COMPARED:
            new.ops = [COMPARED[type(op)]()]
        case ast.BinOp(op=op) if type(op) in COMPUTED:
            new.op = COMPUTED[type(op)]()
        case ast.BoolOp(op=op):
            new.op = ast.Or() if isinstance(op, ast.And) else ast.And()
        case ast.UnaryOp(op=ast.Not()):
            return new.operand
        case ast.Attribute(attr=name) if name in NAMES:
            new.attr = NAMES[name]
        case ast.Constant(value=value):
            other = _other(value)
            if other is None:
                return None
            new.value = other
        case _:
            return None
    return new


def _other(value: object) -> object | None:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value * 2 if value else 1.0
    if isinstance(value, str) and DAY.fullmatch(value):
        return (date.fromisoformat(value) + timedelta(days=1)).isoformat()
    return None


def nodes(tree: ast.AST) -> Iterator[ast.expr]:
    """Every expression outside f-strings, whose places are not exact before Python 3.12."""
    for child in ast.iter_child_nodes(tree):
        if not isinstance(child, ast.JoinedStr):
            if isinstance(child, ast.expr):
                yield child
            yield from nodes(child)


def mutants_of(path: Path) -> Iterator[Mutant]:
    """All mutants of one source file."""
    source = path.read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node in nodes(ast.parse(source)):
        new = changed(node)
        if new is not None and node.end_lineno is not None and node.end_col_offset is not None:
            start = starts[node.lineno - 1] + node.col_offset
            end = starts[node.end_lineno - 1] + node.end_col_offset
            text = f"({ast.unparse(new)})" if not isinstance(new, ast.Constant) else ast.unparse(new)
            yield Mutant(
                path, node.lineno, node.col_offset + 1, node.end_lineno, start, end, ast.unparse(node), text
            )


def survives(mutant: Mutant, place: Path, covering: Covering) -> bool:
    """Whether the tests pass on a copy of the project with this change in it."""
    target = place / mutant.path.relative_to(ROOT)
    source = target.read_bytes()
    target.write_bytes(source[: mutant.start] + mutant.text.encode() + source[mutant.end :])
    try:
        return all(
            pass_in(place, tests, covering.together(tests))
            for tests in covering.tests_of(target, mutant.line, mutant.last)
        )
    finally:
        target.write_bytes(source)


def score(area: str, sample: int, seed: int, place: Path) -> tuple[int, int]:
    """How many of a sample of an area's mutants were noticed, of how many; survivors are printed as they are found."""
    patterns, tests = AREAS[area]
    paths = [path for pattern in patterns for path in sorted(ROOT.glob(pattern))]
    everything = [mutant for path in paths for mutant in mutants_of(path)]
    chosen = random.Random(seed).sample(everything, min(sample, len(everything)))
    covering = Covering(place, [place / path.relative_to(ROOT) for path in paths], tests)
    if covering.failing:
        print(
            f"{area}: fail without any fault in the sources and are left out: {covering.failing}", flush=True
        )
    noticed = 0
    for mutant in chosen:
        if survives(mutant, place, covering):
            print(f"survives: {mutant}", flush=True)
        else:
            noticed += 1
    print(
        f"{area}: {noticed} of {len(chosen)} noticed (of {len(everything)} possible, seed {seed})", flush=True
    )
    return noticed, len(chosen)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--area", choices=AREAS, action="append")
    parser.add_argument("--sample", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    load_libraries()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "launchlab"
        shutil.copytree(ROOT, place, ignore=LEFT_OUT)
        sums = [score(area, given.sample, given.seed, place) for area in given.area or AREAS]
    noticed, tried = (sum(column) for column in zip(*sums, strict=True))
    print(f"together: {noticed} of {tried}, {noticed / tried:.0%}")


if __name__ == "__main__":
    main()
