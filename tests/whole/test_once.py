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


COMPARED = {"limit_up", "limit_down", "up", "down"}


def compares_a_limit(node: ast.AST) -> bool:
    """Whether a price is compared with a price limit: with `limit_up`, `quote.down` …, or one of them and a margin."""
    if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], ast.GtE | ast.LtE | ast.Gt | ast.Lt):
        return False
    names = {
        getattr(one, "attr", getattr(one, "id", "")) for side in node.comparators for one in ast.walk(side)
    }
    return bool(names & COMPARED)


def test_only_one_function_says_whether_a_board_is_locked() -> None:
    """What the rules of limits themselves, the checks of bars and the pages do with limits is not about an order."""
    rooms = ("data/panel", "engine")
    users = {
        path.relative_to(ROOT).as_posix()
        for room in rooms
        for path in (ROOT / room).rglob("*.py")
        if any(compares_a_limit(node) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    }
    assert users == {"data/panel/panel.py"}


def test_the_known_exchanges_are_listed_once() -> None:
    known = {"XSHG", "XSHE", "XBSE", "XHKG"}
    lists = [
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Tuple | ast.List | ast.Set)
        and {getattr(one, "value", None) for one in node.elts} == known
    ]
    assert lists == ["data/calendars/hours.py"]
