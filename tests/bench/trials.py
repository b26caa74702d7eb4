"""Which tests run a line of a copy of the project, and whether they pass: processes forked off one that has the libraries.

The copy is never imported here, so that each trial imports it as it stands at that moment. Runs interpreted.
"""

import ast
import importlib
import os
import pickle
import re
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

LIBRARIES = ("backtrader", "coverage", "exchange_calendars", "hypothesis", "numba", "numpy", "pandas")
LIBRARIES += ("pyarrow.parquet", "pydantic", "pytest", "scipy.stats", "statsmodels.api", "click", "plotly")
ASKED = ("-q", "-p", "no:cacheprovider", "--hypothesis-seed=0")
ASKED += ("-W", "ignore::pytest.PytestAssertRewriteWarning")  # of plugins that the first process has
Lines = dict[str, dict[int, set[str]]]


def load_libraries() -> None:
    """What every trial needs, once; numba is told first that nothing is compiled."""
    os.environ |= {"NUMBA_DISABLE_JIT": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    for name in LIBRARIES:
        importlib.import_module(name)


def forked(place: Path, work: Callable[[], Any], seconds: float) -> Any:
    """What `work` answers in a process of its own whose `launchlab` is the copy; None where it takes too long."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        os.close(receive)
        try:
            _enter(place)
            with os.fdopen(send, "wb") as end:
                end.write(pickle.dumps(work()))
        finally:
            os._exit(0)
    os.close(send)
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(child, signal.SIGKILL))
    signal.alarm(int(seconds))
    with os.fdopen(receive, "rb") as end:
        answer = end.read()
    signal.alarm(0)
    killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
    if not answer and not killed:
        sys.exit("a trial ended without an answer: run the tests of its area by themselves")
    return pickle.loads(answer) if answer else None


def _enter(place: Path) -> None:
    """Forget the checkout that this program runs from, and be as silent as a test may be loud."""
    os.chdir(place)
    os.environ["PYTHONPATH"] = str(place.parent)
    here = Path(__file__).resolve().parents[2]
    sys.path[:] = [str(place.parent)] + [p for p in sys.path if Path(p).resolve() not in (here, here.parent)]
    for name in [n for n in sys.modules if n.split(".")[0] in ("launchlab", "tests")]:
        del sys.modules[name]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def pass_in(place: Path, tests: list[str], seconds: float) -> bool:
    """Whether these tests of the copy pass; what takes ten times as long as without a fault counts as a failure."""
    import pytest

    return not tests or forked(
        place, lambda: int(pytest.main(["-x", *ASKED, *tests])), 60 + 10 * seconds
    ) in (0, 5)


class Covering:
    """For each line of each source the test functions that run it, and how long each function takes without a fault."""

    def __init__(self, place: Path, sources: list[Path], paths: tuple[str, ...]) -> None:
        self.lines: Lines = defaultdict(lambda: defaultdict(set))
        self.seconds: dict[str, float] = {}
        self.failing: set[str] = set()
        for path in paths:
            for file in sorted((place / path).rglob("test_*.py")) or [place / path]:
                found = forked(place, partial(_watched, file, sources), 3600)
                if found is None:
                    sys.exit(f"{file}: no answer")
                self.seconds |= found[1]
                self.failing |= found[2]
                for source, rows in found[0].items():
                    for line, tests in rows.items():
                        self.lines[source][line] |= tests

    def together(self, tests: list[str]) -> float:
        """Seconds that these tests take without a fault."""
        return sum(self.seconds[test] for test in tests)

    def tests_of(self, source: Path, first: int, last: int) -> list[list[str]]:
        """Test functions in the order to try them: those that run the lines, then the others of their files.

        Lines outside functions are everybody's who uses the file, whichever test imported it first, and a table's are everybody's.
        """
        rows, inside = self.lines[str(source)], _in_functions(source)
        near = set().union(*(rows.get(line, set()) for line in range(first, last + 1) if line in inside))
        near = near or set().union(*rows.values()) or set(self.seconds)
        files = {test.split("::")[0] for test in near}
        beside = {test for test in self.seconds if test.split("::")[0] in files} - near
        return [
            sorted(tests - self.failing, key=lambda test: (source.stem not in test, self.seconds[test]))
            for tests in (near, beside)
        ]


def _in_functions(source: Path) -> set[int]:
    """Lines of a file that are run when one of its functions is called."""
    functions = [
        node for node in ast.walk(ast.parse(source.read_bytes())) if isinstance(node, ast.FunctionDef)
    ]
    return {line for one in functions for line in range(one.body[0].lineno, (one.end_lineno or 0) + 1)}


def _watched(file: Path, sources: list[Path]) -> tuple[Lines, dict[str, float], set[str]]:
    """Of one test file: which function runs which lines, how long each takes, and which of them fail."""
    import coverage
    import pytest

    watch = coverage.Coverage(data_file=None, include=[str(s) for s in sources], config_file=False)
    seconds: dict[str, float] = defaultdict(float)
    failing: set[str] = set()

    def name_of(nodeid: str) -> str:
        return re.sub(r"\[.*", "", nodeid, flags=re.S)

    class Switch:
        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[Any]:
            watch.switch_context(name_of(item.nodeid))
            start = time.perf_counter()
            try:
                return (yield)
            finally:
                seconds[name_of(item.nodeid)] += time.perf_counter() - start
                watch.switch_context("")

        def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
            if report.failed:
                failing.add(name_of(report.nodeid))

    watch.start()
    pytest.main([*ASKED, "-p", "no:warnings", str(file)], plugins=[Switch()])
    watch.stop()
    data = watch.get_data()
    lines = {
        source: {line: set(names) - {""} for line, names in data.contexts_by_lineno(source).items()}
        for source in data.measured_files()
    }
    return lines, dict(seconds), failing
