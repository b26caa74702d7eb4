"""What must be written once stands once."""

import ast
from collections.abc import Iterator
from pathlib import Path

from .. import ROOT

HOUSES = ("cli", "data", "engine", "library", "reports", "strategies")
SOURCES = sorted(path for house in HOUSES for path in (ROOT / house).rglob("*.py"))


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Name and node of every call in a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield getattr(node.func, "attr", getattr(node.func, "id", "")), node


def renames(name: str, call: ast.Call) -> bool:
    """Whether a call moves a file: `a.rename(b)`, `os.rename(a, b)`, and `replace` with one value, as only paths have."""
    if name in ("rename", "renames", "move"):
        return not call.keywords
    return name == "replace" and len(call.args) == 1 and not call.keywords


def test_only_one_file_puts_files_and_folders_in_their_place() -> None:
    users = {
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        if any(renames(name, call) or name in ("mkstemp", "mkdtemp") for name, call in calls(path))
    }
    assert users == {"data/files.py"}
