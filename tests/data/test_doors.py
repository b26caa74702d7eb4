"""The doors of a file: regular ones only, and nothing larger than a file of bars can be."""

import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import launchlab as ll
from launchlab.data.doors import MEGABYTE, Archive, is_zip, read_bytes
from launchlab.data.errors import ConfigError, DataError, LaunchlabError, LedgerError, RuleError, StoreError
from launchlab.data.files import check_folder
from launchlab.data.market.beside import open_minutes
from launchlab.data.market.source import find_bars
from launchlab.data.store.store import Store
from launchlab.engine.config import read_toml
from launchlab.engine.sweeps.folder import SweepFolder


def test_a_file_is_read_up_to_its_largest_size_and_not_a_byte_further(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_bytes(b"x" * MEGABYTE)
    assert read_bytes(path, most=MEGABYTE) == b"x" * MEGABYTE
    path.write_bytes(b"x" * (MEGABYTE + 1))
    with pytest.raises(DataError, match=r"bars\.csv is larger than 1 MB, which no such file is"):
        read_bytes(path, most=MEGABYTE)


def test_a_member_of_a_zip_is_unpacked_up_to_its_largest_size(tmp_path: Path) -> None:
    path = tmp_path / "bars.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("whole.csv", b"\0" * MEGABYTE)
        made.writestr("more.csv", b"\0" * (MEGABYTE + 1))  # a kilobyte when packed
    held = Archive(path)
    assert held.names == ("whole.csv", "more.csv")
    assert len(held.read("whole.csv", most=MEGABYTE)) == MEGABYTE
    with pytest.raises(DataError, match=r"bars\.zip!more\.csv unpacks to more than 1 MB"):
        held.read("more.csv", most=MEGABYTE)


def test_a_pipe_and_a_device_are_refused_without_waiting(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/null")):
        with pytest.raises(StoreError, match="is a pipe or a device, not a file"):
            read_bytes(path, error=StoreError)
        assert not is_zip(path)
    with pytest.raises(DataError, match="is a folder, not a file"):
        read_bytes(tmp_path)


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="needs Linux")
def test_a_file_that_does_not_state_its_size_is_read_to_its_end() -> None:
    path = Path("/proc/self/status")
    assert path.stat().st_size == 0
    assert read_bytes(path).startswith(b"Name:")
    assert b"ctxt_switches" in read_bytes(path)
    with pytest.raises(DataError, match="is larger than"):
        read_bytes(path, most=10)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (
            "https://example.org/bars.zip",
            "https://example.org/bars.zip is an address, and only files .* download it",
        ),
        ("s3://bucket/bars", "s3://bucket/bars is an address"),
        ("HTTP://example.org", "HTTP://example.org is an address"),
        ("file:///tmp/bars.csv", "file:///tmp/bars.csv is an address, .* give /tmp/bars.csv"),
    ],
)
def test_an_address_is_refused_as_one_wherever_a_file_is_read(address: str, said: str) -> None:
    doors: tuple[tuple[Callable[..., Any], type[LaunchlabError]], ...] = (
        (lambda: read_bytes(Path(address)), DataError),
        (lambda: ll.load_launches(address), LedgerError),
        (lambda: find_bars(address), DataError),
        (lambda: open_minutes(address), DataError),
        (lambda: read_toml(Path(address)), ConfigError),
        (lambda: ll.load_universe(address), RuleError),
    )
    for read, error in doors:
        with pytest.raises(error, match=said):
            read()


def test_an_address_is_refused_where_something_is_to_be_written_and_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = "https://example.org/x is an address, and only folders and files on this machine are written"
    address = Path("https://example.org/x")
    for write, error in (
        (check_folder, ConfigError),
        (Store, StoreError),
        (lambda path: SweepFolder(path).begin({}, resume=False), ConfigError),
        (ll.write_examples, ConfigError),
        (lambda path: ll.new_strategy("gap-x", path), ConfigError),
    ):
        with pytest.raises(error, match=said):
            write(address)
    assert not list(tmp_path.iterdir())


def test_what_is_really_there_is_no_address_whatever_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    odd = Path("week:/one.csv")
    odd.parent.mkdir()
    odd.write_bytes(b"x")
    assert read_bytes(odd) == b"x"
    with pytest.raises(DataError, match="cannot be read"):
        read_bytes(Path("c:/bars.csv"))  # a drive
