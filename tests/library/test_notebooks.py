"""The notebooks of docs/notebooks: small, executed, and able to run from the top today."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from .notebooks import FOLDER, executed

NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
OF_A_MACHINE = re.compile(r"/tmp/|/home/|/root/|/Users/|[A-Z]:\\\\")


def cells(book: Any) -> list[Any]:
    return [cell for cell in book["cells"] if cell["cell_type"] == "code"]


def shown(book: Any) -> list[list[tuple[str, list[str]]]]:
    """By cell, the kinds of what it shows: tables, texts, charts. Their numbers follow the shipped ledger."""
    return [
        [
            (out["output_type"], sorted(out.get("data", ())))
            for out in cell["outputs"]
            if out.get("name") != "stderr"
        ]
        for cell in cells(book)
    ]


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_there_are_a_week_a_sweep_and_a_study() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["study", "sweep", "week"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_executed_small_and_without_a_path_of_its_machine(path: Path) -> None:
    book = read(path)
    assert path.stat().st_size < 120_000
    assert [cell["execution_count"] for cell in cells(book)] == list(range(1, len(cells(book)) + 1))
    assert not OF_A_MACHINE.search(path.read_text(encoding="utf-8"))
    assert {out["output_type"] for cell in cells(book) for out in cell["outputs"]} <= {
        "execute_result", "display_data", "stream",
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_the_top_and_shows_the_same_kinds(path: Path) -> None:
    """Written again by `python -m tests.library.notebooks` where results change."""
    pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    pytest.importorskip("plotly")
    assert shown(executed(path)) == shown(read(path))
