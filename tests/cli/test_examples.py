"""`launchlab examples`: the files are those of the README and the docs, run, and replace nothing."""

import re
from pathlib import Path

import pytest

import launchlab as ll

from .. import ROOT
from ..markets.cli_fixture import faults, launchlab


def of_the_readme() -> dict[str, str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^<!-- file: (.*?) -->\n```\w+\n(.*?)^```$", text, re.S | re.M))


def test_the_files_are_those_that_the_readme_and_the_docs_show(tmp_path: Path) -> None:
    written = ll.write_examples(tmp_path / "mine")
    found = {path.relative_to(tmp_path / "mine").as_posix(): path.read_text("utf-8") for path in written}
    terms = re.search(
        r"^```csv\n(.*?)^```$", (ROOT / "docs" / "futures.md").read_text(encoding="utf-8"), re.S | re.M
    )
    assert terms
    assert found == of_the_readme() | {"futures.csv": terms[1]}
    assert {path for path in (tmp_path / "mine").rglob("*") if path.is_file()} == set(written)


def test_the_command_names_each_file_and_they_can_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = launchlab("examples")
    assert done.exit_code == 0, done.stderr
    names = done.stdout.split()
    assert str(Path("launchlab-examples", "week.csv")) in names
    assert all(Path(name).is_file() for name in names)
    monkeypatch.chdir(tmp_path / "launchlab-examples")
    for words in (
        ("launches", "map", "--launches", "week.csv"),
        ("strategies", "calm.py:Calm"),
        ("strategies", "cross.py:Cross"),
        ("rules", "0020.HK", "--on", "2026-02-12", "--instruments", "mine.csv"),
    ):
        assert launchlab(*words).exit_code == 0, words


def test_a_file_that_is_there_is_kept_and_nothing_else_written(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text("mine")
    said = faults(launchlab("examples", tmp_path))
    assert "run.toml is there already and is not replaced" in said
    assert [path.name for path in tmp_path.iterdir()] == ["run.toml"]
    assert (tmp_path / "run.toml").read_text() == "mine"


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    assert "is a file" in faults(launchlab("examples", tmp_path / "taken"))


@pytest.mark.parametrize("place", ["mine/x", "loop", "long" * 80])
def test_a_folder_that_cannot_be_is_one_sentence(tmp_path: Path, place: str) -> None:
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert "cannot be written" in faults(launchlab("examples", tmp_path / place))
    assert (tmp_path / "mine").read_text() == "mine"
