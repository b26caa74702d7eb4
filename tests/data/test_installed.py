"""Versions of libraries off the names of folders: the same as Python's own library says, at a fraction of its cost."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from launchlab.data.installed import is_offered, version


@pytest.mark.parametrize("name", ["pandas", "exchange_calendars", "exchange-calendars", "numba", "pydantic"])
def test_a_version_is_what_the_standard_library_says(name: str) -> None:
    assert version(name) == metadata.version(name)


def test_what_is_not_installed_has_no_version() -> None:
    with pytest.raises(metadata.PackageNotFoundError):
        version("no-such-library-anywhere")


def test_the_first_folder_that_python_looks_into_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place, number in (("a", "1.0"), ("b", "2.0")):
        described = tmp_path / place / f"Made.Up_Thing-{number}.dist-info"
        described.mkdir(parents=True)
        (described / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: made-up-thing\nVersion: {number}\n"
        )
    monkeypatch.setattr(sys, "path", [str(tmp_path / "nothing"), str(tmp_path / "a"), str(tmp_path / "b")])
    assert version.__wrapped__("made-up-thing") == "1.0"


def test_a_group_of_entry_points_is_found_where_a_package_has_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    described = tmp_path / "made_up-1.0.dist-info"
    described.mkdir()
    assert not is_offered("launchlab.strategies")
    (described / "entry_points.txt").write_text("[launchlab.strategies]\nmine = made_up:Mine\n")
    assert is_offered("launchlab.strategies")
    assert not is_offered("launchlab.other")


HEAVY = {"pandas", "pyarrow", "numba", "exchange_calendars", "pydantic", "filelock", "importlib.metadata", "rich.console"}  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        "rules 688158.SS --on 2026-02-12 --prev-close 37.54 --side buy --price 37 --shares 200",
        "strategies",
        "launches list",
        "launches map",
        "universe",
        "calendar --exchange XHKG --year 2026",
    ],
)
def test_a_small_command_imports_no_large_library(words: str) -> None:
    code = (
        "import sys; sys.argv[1:] = sys.argv[1].split(); from launchlab.cli import main\n"
        "import atexit; atexit.register(lambda: print(*sorted(sys.modules), sep='\\n', file=sys.stderr))\n"
        "main()"
    )
    subprocess.run([sys.executable, "-c", code, words], capture_output=True, check=True)  # may fill a cache
    done = subprocess.run([sys.executable, "-c", code, words], capture_output=True, check=True, text=True)
    assert not HEAVY & set(done.stderr.split())


@pytest.mark.slow
def test_a_backtest_that_nobody_judges_loads_no_statistics(tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv[1:] = ['backtest', '--no-tearsheet', '--out', sys.argv[1]]\n"
        "import atexit; atexit.register(lambda: print(*sorted(sys.modules), sep='\\n', file=sys.stderr))\n"
        "from launchlab.cli import main; main()"
    )
    words = [sys.executable, "-c", code, str(tmp_path / "run")]
    done = subprocess.run(words, capture_output=True, check=True, text=True)
    assert not {"scipy", "quantstats", "matplotlib", "exchange_calendars"} & set(done.stderr.split())
