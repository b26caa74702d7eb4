"""Folders of runs, sweeps and studies that were damaged or tampered with: one sentence, or the page; never a traceback."""

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import Result

from ..markets.cli_fixture import faults, launchlab

BEFORE = Path(__file__).parents[1] / "answers/folders_0_1"
TITLE = "\x1b]0;owned\x07"  # renames the terminal's window
ODD: tuple[Any, ...] = (
    None, "", "x", -1, 0, 1, 2.5, 1e308, -1e308, float("nan"), float("inf"), 10**30, True, [], {}, [None], {"a": {}}, TITLE,
    "../../etc/passwd", "https://example.invalid/x", "\u202e", "<script>", "0" * 400, "nan", "2026-02-30", "\x00", ["a"] * 50,
)  # fmt: skip


def is_good(done: Result) -> bool:
    """Ended well, or with one sentence that is the user's to repair; nothing of a file reaches the terminal raw."""
    quiet = not set(done.output) & {"\x1b", "\x07", "\x00", "\x9b", "\u202e"}
    clean = (
        done.exit_code in (0, 2) and "Traceback" not in done.output and "bug in launchlab" not in done.output
    )
    return quiet and clean


def some(rng: np.random.Generator, choices: Any) -> Any:
    """One of several things."""
    return choices[int(rng.integers(len(choices)))]


def flip(path: Path, rng: np.random.Generator) -> None:
    data = bytearray(path.read_bytes())
    for _ in range(int(rng.integers(1, 9))):
        if data:
            data[int(rng.integers(len(data)))] = int(rng.integers(256))
    path.write_bytes(bytes(data))


def cut(path: Path, rng: np.random.Generator) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(rng.integers(len(data) + 1))])


def remove(path: Path, _: np.random.Generator) -> None:
    path.unlink()


def turn_into_a_folder(path: Path, _: np.random.Generator) -> None:
    path.unlink()
    path.mkdir()


def fill_with_noise(path: Path, rng: np.random.Generator) -> None:
    path.write_bytes(rng.bytes(int(rng.integers(400))))


def exchange(path: Path, rng: np.random.Generator) -> None:
    """The content of another file of the folder."""
    path.write_bytes(some(rng, sorted(one for one in path.parent.iterdir() if one.is_file())).read_bytes())


def change_a_value(path: Path, rng: np.random.Generator) -> None:
    if path.suffix == ".json":
        values = json.loads(path.read_text(encoding="utf-8"))
        _change(values, rng)
        path.write_text(json.dumps(values), encoding="utf-8")
    elif path.suffix == ".csv":
        _change_table(path, rng)
    else:
        _change_points(path, rng)


def _change(values: Any, rng: np.random.Generator) -> None:
    """Another value, or none, somewhere in a tree."""
    keys = list(values) if isinstance(values, dict) else list(range(len(values)))
    if not keys:
        return
    key = some(rng, keys)
    if isinstance(values[key], dict | list) and values[key] and rng.random() < 0.7:
        _change(values[key], rng)
    elif rng.random() < 0.15:
        del values[key]
    else:
        values[key] = some(rng, ODD)


def _change_table(path: Path, rng: np.random.Generator) -> None:
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    row, kind = some(rng, rows), rng.random()
    if kind < 0.7 and row:
        row[int(rng.integers(len(row)))] = str(some(rng, ODD))
    elif kind < 0.8:
        rows.append(list(row))
    elif kind < 0.9 and row:
        row.pop()
    else:
        column = int(rng.integers(len(rows[0])))
        rows = [[cell for k, cell in enumerate(line) if k != column] for line in rows]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")


def _change_points(path: Path, rng: np.random.Generator) -> None:
    table, k = pq.read_table(path), 0
    k = int(rng.integers(table.num_columns))
    odd = pa.array([some(rng, (None, TITLE, "x", "../../x", "nan"))] * len(table), pa.string())
    many = pa.array([[1, 2]] * len(table))
    far = pa.array([some(rng, (float("nan"), float("inf"), 1e308, -0.0))] * len(table))
    name = table.column_names[k]
    changed = (
        table.remove_column(k), table.set_column(k, name, odd), table.set_column(k, name, many), table.set_column(k, name, far),
        table.slice(0, 0), table.append_column(name, far), table.rename_columns([TITLE if c == name else c for c in table.column_names]),
    )  # fmt: skip
    pq.write_table(some(rng, changed), path)


HARMS: tuple[Callable[[Path, np.random.Generator], None], ...] = (
    flip, cut, remove, turn_into_a_folder, fill_with_noise, exchange, *[change_a_value] * 6,
)  # fmt: skip


def harmed(kind: str, folder: Path, seed: int) -> Path:
    """A copy of a folder with one or two of its files harmed."""
    rng = np.random.default_rng(seed)
    shutil.copytree(BEFORE / kind, folder)
    files = sorted(path for path in folder.iterdir() if path.name not in ("sweep.json",))
    for _ in range(int(rng.integers(1, 3))):
        path = some(rng, files)
        if path.is_file():
            try:
                some(rng, HARMS)(path, rng)
            except (OSError, ValueError, pa.ArrowException, IndexError):
                path.write_bytes(b"")  # harmed twice, so that the second could not read it
    return folder


def complaints(tmp_path: Path, kind: str, seeds: range) -> list[str]:
    """What ended otherwise than it may, with the seed that shows it."""
    odd = []
    for seed in seeds:
        home = tmp_path / str(seed)
        home.mkdir()
        folder = harmed(kind, home / "it", seed)
        commands: list[tuple[object, ...]] = [("runs", home), ("runs", home, "--page"), ("report", folder)]
        if kind == "run":
            commands.append(("report", "compare", folder, BEFORE / "run", "--out", home / "both"))
        for command in commands:
            done = launchlab(*command)
            if not is_good(done):
                odd.append(f"{seed} {command[0]}: {done.exit_code} {done.exception!r} {done.output[-300:]!r}")
        shutil.rmtree(home)
    return odd


@pytest.fixture(autouse=True)
def _without_the_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    """QuantStats takes seconds a run; its own tests hand it odd runs."""
    monkeypatch.setattr("launchlab.reports.run.write_tearsheet", lambda *_: None)


@pytest.mark.parametrize("kind", ["run", "sweep", "search", "study"])
def test_a_harmed_folder_is_one_sentence_or_a_page(tmp_path: Path, kind: str) -> None:
    assert complaints(tmp_path, kind, range(12)) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["run", "sweep", "search", "study"])
def test_hundreds_of_harmed_folders_are_one_sentence_or_a_page(tmp_path: Path, kind: str) -> None:
    assert complaints(tmp_path, kind, range(100, 400)) == []


def test_what_a_file_says_cannot_command_the_terminal(tmp_path: Path) -> None:
    folder = shutil.copytree(BEFORE / "run", tmp_path / "run")
    path = folder / "summary.json"
    summary = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(summary | {"strategy": TITLE, "metrics": {"fills": 1}}), encoding="utf-8")
    for command in (("runs", tmp_path), ("runs", tmp_path, "--json")):
        done = launchlab(*command)
        assert is_good(done)
        assert "\\u001b]0;owned\\u0007" in done.output
    path.write_text(json.dumps(summary | {"blocked": {TITLE: "many"}}), encoding="utf-8")
    assert "\\u001b]0;owned\\u0007" in faults(launchlab("report", folder))


def _sweep(*flags: object) -> Result:
    """Two points of a short sweep on the sample."""
    asked = ("--strategy", "buy-launch", "--start", "2026-02-02", "--end", "2026-02-27", "--grid", "hold=1,2")
    return launchlab("sweep", *asked, "--quick", *flags)


def _resumed(tmp_path: Path, whole: Path, seeds: range) -> list[str]:
    """What resuming harmed copies of a sweep ended in, where it is neither a sentence nor the sweep."""
    odd, points = [], (whole / "points.parquet").read_bytes()
    for seed in seeds:
        rng, folder = np.random.default_rng(seed), shutil.copytree(whole, tmp_path / f"harmed-{seed}")
        path = some(rng, sorted(one for one in folder.rglob("*") if one.is_file()))
        try:
            some(rng, HARMS)(path, rng)
        except (OSError, ValueError, pa.ArrowException, IndexError):
            path.write_bytes(b"")
        done = _sweep("--out", folder, "--resume")
        kept = folder / "points.parquet"
        same = done.exit_code == 2 or (kept.is_file() and kept.read_bytes() == points)
        if not (is_good(done) and same):
            odd.append(f"{seed} {path.name}: {done.exit_code} {done.exception!r} {done.output[-300:]!r}")
        shutil.rmtree(folder)
    return odd


def test_resuming_a_harmed_sweep_is_one_sentence_or_the_sweep(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    assert _sweep("--out", whole).exit_code == 0
    assert _resumed(tmp_path, whole, range(8)) == []


@pytest.mark.slow
def test_resuming_many_harmed_sweeps_is_one_sentence_or_the_sweep(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    assert _sweep("--out", whole).exit_code == 0
    assert _resumed(tmp_path, whole, range(100, 160)) == []
