"""Where compiled code is kept: what lies there is run, so nobody else may have put it there."""

import os
import stat
from pathlib import Path

import pytest

from launchlab.engine.machine.place import FOLDERS_KEPT, SOURCES, folder_of_ones_own, source_mark

NAME = "compiled-0123456789abcdef"
pytestmark = pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners and modes are POSIX")


def test_a_new_folder_is_for_this_user_alone(tmp_path: Path) -> None:
    folder = folder_of_ones_own(tmp_path / "cache", NAME)
    assert folder == tmp_path / "cache" / NAME
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert folder_of_ones_own(tmp_path / "cache", NAME) == folder


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_folder_that_others_can_write_to_is_not_used(tmp_path: Path, mode: int) -> None:
    (tmp_path / NAME).mkdir()
    (tmp_path / NAME).chmod(mode)
    assert folder_of_ones_own(tmp_path, NAME) is None


def test_a_folder_of_another_user_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / NAME).mkdir(mode=0o700)
    monkeypatch.setattr(os, "getuid", lambda: (tmp_path / NAME).stat().st_uid + 1)
    assert folder_of_ones_own(tmp_path, NAME) is None


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / NAME).symlink_to(tmp_path / "elsewhere")
    assert folder_of_ones_own(tmp_path, NAME) is None


def test_in_a_place_where_anybody_may_rename_nothing_is_kept(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    assert folder_of_ones_own(tmp_path, NAME) is None
    tmp_path.chmod(0o1777)  # as the system's temporary folder: names are their owners'
    assert folder_of_ones_own(tmp_path, NAME) == tmp_path / NAME


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert folder_of_ones_own(tmp_path / "file", NAME) is None


def test_only_the_oldest_of_our_folders_are_removed(tmp_path: Path) -> None:
    for n in range(FOLDERS_KEPT + 2):
        old = tmp_path / f"compiled-{n:016x}"
        old.mkdir(mode=0o700)
        os.utime(old, (n, n))
    for kept in ("compiled-notes", "other"):
        (tmp_path / kept).mkdir()
        os.utime(tmp_path / kept, (0, 0))
    folder_of_ones_own(tmp_path, NAME)
    left = {path.name for path in tmp_path.iterdir()}
    assert {"compiled-notes", "other", NAME} <= left
    assert len(left) == FOLDERS_KEPT + 2
    assert f"compiled-{0:016x}" not in left


def _installed(place: Path) -> Path:
    for name in SOURCES:
        path = place / name if name.endswith(".py") else place / name / "one.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        os.utime(path, (1, 1))
    return place


def test_two_installations_of_the_same_sources_have_folders_of_their_own(tmp_path: Path) -> None:
    here, there = _installed(tmp_path / "here"), _installed(tmp_path / "there")
    assert source_mark(here) == source_mark(here)
    assert source_mark(here) != source_mark(there)


def test_what_was_kept_for_files_that_are_written_anew_is_not_counted_on(tmp_path: Path) -> None:
    place = _installed(tmp_path)
    before = source_mark(place)
    os.utime(place / SOURCES[0], (2, 2))
    touched = source_mark(place)
    (place / SOURCES[0]).write_text("other")
    os.utime(place / SOURCES[0], (2, 2))
    assert len({before, touched, source_mark(place)}) == 3
