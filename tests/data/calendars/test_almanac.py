"""Published sessions, shipped, or computed once and kept: whatever happens to the file, the sessions are the library's."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from launchlab.data.calendars import almanac as kept
from launchlab.data.calendars.almanac import (
    Almanac,
    Published,
    cached_file,
    computed,
    content,
    read,
    shipped_file,
)

SMALL = Almanac(
    np.datetime64("2026-01-06"),
    {
        "XHKG": Published(
            np.array(["2026-01-05", "2026-01-06"], "M8[D]"), np.array([0, 780]), np.array([720, 0])
        ),
        "XSHG": Published(np.array(["2026-01-05"], "M8[D]"), np.array([0]), np.array([0])),
    },
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder with nothing in it, under the user's other one; nothing is shipped."""
    monkeypatch.setattr(kept, "shipped_file", lambda: tmp_path / "not shipped")
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: tmp_path / "cache" / "launchlab")
    return tmp_path / "cache" / "launchlab"


def same(one: Almanac | None, other: Almanac) -> bool:
    return (
        one is not None
        and one.end == other.end
        and one.calendars.keys() == other.calendars.keys()
        and all(
            a.dtype == b.dtype and np.array_equal(a, b)
            for name, found in other.calendars.items()
            for a, b in zip(one.calendars[name], found, strict=True)
        )
    )


def anew() -> Almanac:
    """What a process sees that has just started."""
    return kept.almanac.__wrapped__()


def test_what_is_shipped_is_what_the_library_publishes() -> None:
    (shipped,) = Path(kept.__file__).parent.glob("*.bin")
    if shipped != shipped_file():
        pytest.skip(f"{shipped.name} is for another version of the library than is installed")
    assert shipped.read_bytes() == content(computed())


def test_with_what_is_shipped_nothing_is_computed_or_kept(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "computed", lambda: pytest.fail("the library was asked"))
    (tmp_path / "not shipped").write_bytes(content(SMALL))
    assert same(anew(), SMALL)
    assert not folder.exists()


def test_what_was_kept_is_what_the_library_publishes(folder: Path) -> None:
    published = computed()
    assert same(anew(), published)
    assert [file.name for file in folder.iterdir()] == [cached_file().name]
    assert same(read(cached_file()), published)
    assert published.end.astype(str) >= "2026-12-31"
    assert np.datetime64("1992-01-02") in published.calendars["XSHG"].days


def test_the_library_is_not_asked_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(parents=True)
    cached_file().write_bytes(content(SMALL))
    monkeypatch.setattr(kept, "computed", lambda: pytest.fail("the library was asked"))
    assert same(anew(), SMALL)


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        content(SMALL)[:20],
        content(SMALL)[:-1],
        content(SMALL)[:100] + b"\0" + content(SMALL)[101:],
        b"sessions",
    ],
    ids=["empty", "half a digest", "cut off", "a byte changed", "something else"],
)
def test_a_damaged_file_is_silently_made_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch, damaged: bytes
) -> None:
    monkeypatch.setattr(kept, "computed", lambda: SMALL)
    folder.mkdir(parents=True)
    cached_file().write_bytes(damaged)
    assert read(cached_file()) is None
    assert same(anew(), SMALL)
    assert same(read(cached_file()), SMALL)


@pytest.mark.parametrize("library", ["exchange_calendars", "pandas"])
def test_another_version_of_a_library_has_a_file_of_its_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    folder.mkdir(parents=True)
    before = cached_file()
    before.write_bytes(content(SMALL))
    versions = {"exchange_calendars": "4.13.2", "pandas": "3.1.1", library: "99.0"}
    monkeypatch.setattr(kept, "version", versions.__getitem__)
    later = SMALL._replace(end=np.datetime64("2027-12-31"))
    monkeypatch.setattr(kept, "computed", lambda: later)
    assert same(anew(), later)
    assert same(read(before), SMALL)


def test_a_place_that_cannot_be_written_to_only_costs_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.parent.mkdir()
    folder.write_text("a file where the folder should be")
    monkeypatch.setattr(kept, "computed", lambda: SMALL)
    assert same(anew(), SMALL)
    assert folder.is_file()


def test_processes_that_begin_together_leave_one_whole_file(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib, platformdirs\n"
        "platformdirs.user_cache_path = lambda *a, **k: pathlib.Path(sys.argv[1])\n"
        "from launchlab.data.calendars import almanac\n"
        "almanac.shipped_file = lambda: pathlib.Path(sys.argv[1]) / 'not shipped'\n"
        "from launchlab.data.calendars.sessions import calendar\n"
        "from launchlab.data.calendars.almanac import cached_file\n"
        "print(len(calendar('XHKG').sessions), cached_file().name)\n"
    )
    together = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = {one.communicate()[0] for one in together}
    assert [one.returncode for one in together] == [0, 0, 0]
    (line,) = said
    (left,) = tmp_path.iterdir()
    assert left.name == line.split()[1]
    assert read(left) is not None


def test_a_kept_calendar_needs_neither_the_library_nor_pandas() -> None:
    code = (
        "import sys; from launchlab.data.calendars.sessions import calendar; calendar('XHKG')\n"
        "sys.exit(bool({'exchange_calendars', 'pandas'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=False)  # may have to make the file
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
