"""The notebooks of docs/notebooks: small, and what they show is what their cells give today."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from .notebooks import FOLDER, executed

NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
OF_A_MACHINE = re.compile(r"/tmp/|/home/|/root/|/Users/|[A-Z]:\\\\")
CHANGES = re.compile(r"in [\d.,]+ s\b|[\d.,]+ points a second")


def cells(book: Any) -> list[Any]:
    return [cell for cell in book["cells"] if cell["cell_type"] == "code"]


def shown(book: Any) -> list[list[tuple[str, str]]]:
    """By cell, what every output says as text, without the seconds it took."""
    return [
        [
            (
                out["output_type"],
                CHANGES.sub("", "".join(out.get("text") or out["data"].get("text/plain", ""))),
            )
            for out in cell["outputs"]
            if out["output_type"] != "stream" or out["name"] == "stdout"
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
def test_a_notebook_runs_from_the_top_and_shows_what_it_keeps(path: Path) -> None:
    """Written again by `python -m tests.library.notebooks` where a result changes."""
    pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    pytest.importorskip("plotly")
    assert shown(executed(path)) == shown(read(path))
