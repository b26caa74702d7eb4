"""Files and folders that are there whole or not at all."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock, Timeout

from launchlab.data.errors import ConfigError
from launchlab.data.files import (
    check_pages,
    held_alone,
    put_folder,
    remove_abandoned,
    whole_file,
    write_whole,
)


def full_disk(*_: Any) -> None:
    raise OSError(28, "No space left on device")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("durable", [False, True])
def test_a_file_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, durable: bool
) -> None:
    target = tmp_path / "fills.csv"
    write_whole(target, "é", durable=durable)
    assert target.read_bytes() == b"\xc3\xa9"
    monkeypatch.setattr(Path, "replace", full_disk)
    with pytest.raises(OSError, match="No space"):
        write_whole(target, "new", durable=durable)
    assert target.read_bytes() == b"\xc3\xa9"
    assert names(tmp_path) == ["fills.csv"]


def test_a_file_that_fails_while_it_is_filled_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "points.parquet"
    target.write_text("old")

    def interrupted() -> None:
        with whole_file(target) as hidden:
            hidden.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert target.read_text() == "old"
    assert names(tmp_path) == ["points.parquet"]


@pytest.mark.skipif(os.name == "nt", reason="folders cannot be synced there")
def test_what_must_outlive_a_loss_of_power_is_synced_before_and_after_the_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[bool] = []
    monkeypatch.setattr(os, "fsync", lambda _: synced.append((tmp_path / "manifest.json").exists()))
    write_whole(tmp_path / "manifest.json", b"{}", durable=True)
    assert synced == [False, True]


def test_a_folder_is_put_whole_in_the_place_of_an_older_one(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    put_folder(folder, lambda made: write_whole(made / "summary.json", "1"))
    put_folder(folder, lambda made: write_whole(made / "summary.json", "2"))
    assert (folder / "summary.json").read_text() == "2"
    assert names(tmp_path) == ["run"]


def test_a_folder_that_fails_while_it_is_filled_leaves_the_old_one(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    put_folder(folder, lambda made: write_whole(made / "summary.json", "old"))
    with pytest.raises(ConfigError, match="No space left"):
        put_folder(folder, full_disk)
    assert (folder / "summary.json").read_text() == "old"
    assert names(tmp_path) == ["run"]


def test_a_folder_that_cannot_be_put_in_place_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    put_folder(folder, lambda made: write_whole(made / "summary.json", "old"))
    rename = Path.rename

    def busy(self: Path, target: Path) -> Path:
        if self.suffix != ".old" and target == folder:
            raise OSError(16, "Device or resource busy")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", busy)
    with pytest.raises(ConfigError, match="busy"):
        put_folder(folder, lambda made: write_whole(made / "summary.json", "new"))
    assert (folder / "summary.json").read_text() == "old"
    assert names(tmp_path) == ["run"]


@pytest.mark.parametrize("renames", [1, 2])
def test_a_folder_whose_writer_was_killed_while_it_was_replaced_comes_back(
    tmp_path: Path, renames: int
) -> None:
    folder = tmp_path / "run"
    put_folder(folder, make("old"))
    killed = f"""
import os
import subprocess
import sys
from pathlib import Path
from launchlab.data.files import put_folder, write_whole
left, rename = {renames}, Path.rename
def once(self, target):
    global left
    rename(self, target)
    left -= 1
    if not left:
        os._exit(9)
Path.rename = once
put_folder(Path({str(folder)!r}), lambda made: write_whole(made / "summary.json", "new"))
"""
    assert subprocess.run([sys.executable, "-c", killed], check=False).returncode == 9
    assert folder.exists() == (renames == 2)
    remove_abandoned(tmp_path)
    assert (folder / "summary.json").read_text() == ("old" if renames == 1 else "new")
    assert names(tmp_path) == ["run"]


def make(text: str) -> Callable[[Path], None]:
    """A writer of a folder with one file."""
    return lambda made: write_whole(made / "summary.json", text)


def test_what_was_put_into_a_written_folder_keeps_it_from_being_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    put_folder(folder, make("old"))
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(ConfigError, match=r"holds notes\.txt, which launchlab did not write"):
        put_folder(folder, make("new"))
    assert (folder / "summary.json").read_text() == "old"
    (folder / "notes.txt").unlink()
    put_folder(folder, make("new"))
    assert (folder / "summary.json").read_text() == "new"


def test_a_file_that_was_changed_since_it_was_written_is_the_users(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    put_folder(folder, make("old"))
    (folder / "summary.json").write_text("my own words")
    with pytest.raises(ConfigError, match=r"holds summary\.json, .*changed since"):
        put_folder(folder, make("new"))
    assert (folder / "summary.json").read_text() == "my own words"


def test_what_a_killed_writer_leaves_is_removed_by_the_next_and_a_living_ones_is_not(tmp_path: Path) -> None:
    for name in ("dead", "alive"):
        (tmp_path / f".part-{name}").mkdir()
        (tmp_path / f".part-{name}.lock").touch()
    (tmp_path / ".b.users-own").mkdir()
    with FileLock(tmp_path / ".part-alive.lock"):
        put_folder(tmp_path / "run", make("1"))
    left = {path.name.removesuffix(".lock") for path in tmp_path.iterdir()}
    assert left == {".part-alive", ".b.users-own", "run"}


def test_a_page_is_not_written_over_one_that_is_not_listed(tmp_path: Path) -> None:
    put_folder(tmp_path / "run", make("1"))
    check_pages(tmp_path / "run", ["index.html"])
    (tmp_path / "run" / "index.html").write_text("mine")
    with pytest.raises(ConfigError, match="did not write"):
        check_pages(tmp_path / "run", ["index.html"])


@pytest.mark.parametrize("files", [["notes.txt"], ["summary.json", "notes.txt"]])
def test_a_folder_with_something_of_the_users_is_refused_and_left_alone(
    tmp_path: Path, files: list[str]
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    for name in files:
        (folder / name).write_text("mine")
    with pytest.raises(ConfigError):
        put_folder(folder, lambda made: write_whole(made / "summary.json", "new"))
    assert names(folder) == sorted(files)
    assert all((folder / name).read_text() == "mine" for name in files)


COUNTER = """
import sys
from pathlib import Path
from launchlab.data.files import held_alone, write_whole
path = Path(sys.argv[1])
for _ in range(int(sys.argv[2])):
    with held_alone(path):
        write_whole(path, str(int(path.read_text()) + 1))
"""


def test_a_held_file_has_one_writer_at_a_time_and_no_lock_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "count"
    path.write_text("0")
    asked = [sys.executable, "-c", COUNTER, str(path), "60"]
    writers = [subprocess.Popen(asked) for _ in range(3)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert path.read_text() == "180"
    assert [one.name for one in tmp_path.iterdir()] == ["count"]


def test_what_a_killed_writer_of_a_file_left_goes_with_the_next_and_that_of_others_stays(
    tmp_path: Path,
) -> None:
    path, other = tmp_path / "ledger.csv", tmp_path / "other.csv"
    with whole_file(path) as left:
        kept = left.with_name(f"{left.name}x")
        left.rename(kept)
        left.touch()
    (tmp_path / ".ledger.csv.lock").touch()
    with whole_file(other) as living:
        with held_alone(path), pytest.raises(Timeout), held_alone(path, timeout=0):
            pass
        assert {one.name for one in tmp_path.iterdir()} == {"ledger.csv", living.name}
    with pytest.raises(ValueError, match="in the middle"), held_alone(path):
        raise ValueError("in the middle")
    assert {one.name for one in tmp_path.iterdir()} == {"ledger.csv", "other.csv"}
