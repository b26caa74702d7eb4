"""The doors of a file: regular ones only, and nothing larger than a file of bars can be."""

import os
import zipfile
from pathlib import Path

import pytest

from launchlab.data.doors import MEGABYTE, Archive, is_zip, read_bytes
from launchlab.data.errors import DataError, StoreError


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
