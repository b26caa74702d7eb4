"""The house can be walked: no circle between files or folders, and no room too full to be read."""

import ast

import pytest

from .. import ROOT
from .house import arrows_of, contracts, floors_of, imports, modules, plans

MOST_FILES = 18  # of a folder
PLANS = plans(ROOT)


@pytest.mark.parametrize("folder", sorted(PLANS))
def test_nothing_in_a_folder_imports_in_a_circle(folder: str) -> None:
    """Files and folders alike, imports inside functions counted: every arrow leads down."""
    assert PLANS[folder].climbs == ()


def test_no_two_folders_import_each_other() -> None:
    """Between folders at any depth: a file beside a folder may use it only if nothing in there uses that file's folder."""
    homes = {
        (name[:-1], target[:-1])
        for name, targets in arrows_of(ROOT).items()
        for target in targets
        if name[:-1] and target[:-1] and name[:-1] != target[:-1]
    }
    assert {pair for pair in homes if pair[::-1] in homes} == set()


def test_every_room_has_its_floor_in_the_contracts() -> None:
    """Print them with `python -m tests.whole.house --layers`, and put them at the end of setup.cfg."""
    written = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    missing = [text for text in contracts(ROOT).split("\n\n") if text.strip() not in written]
    assert missing == []


def test_no_folder_holds_more_files_than_a_reader_can_keep_in_mind() -> None:
    files: dict[str, int] = {}
    for path in modules(ROOT).values():
        if path.name != "__init__.py":
            folder = path.parent.relative_to(ROOT).as_posix()
            files[folder] = files.get(folder, 0) + 1
    assert {folder: count for folder, count in files.items() if count > MOST_FILES} == {}


def test_the_measure_sees_imports_inside_functions_and_leaves_out_those_for_type_checkers() -> None:
    code = """
from ..data import errors
def later():
    from .legs import LEG
if TYPE_CHECKING:
    from .run import Run
"""
    found = set(imports(ast.parse(code), ("engine",)))
    assert found == {("data",), ("data", "errors"), ("engine", "legs"), ("engine", "legs", "LEG")}


def test_the_measure_puts_a_circle_on_one_floor_so_that_its_arrows_climb() -> None:
    arrows = frozenset({("page", "run"), ("run", "judge"), ("judge", "run"), ("run", "facts")})
    assert floors_of({"page", "run", "judge", "facts"}, arrows) == {
        "facts": 0,
        "run": 1,
        "judge": 1,
        "page": 2,
    }
