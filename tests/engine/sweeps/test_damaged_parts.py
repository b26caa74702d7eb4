"""What a stopped sweep left behind, damaged or tampered with: computed again, or one sentence; never a traceback."""

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from launchlab.data.errors import ConfigError
from launchlab.engine.sweeps.chunk import Chunk, Curve, read_chunk
from launchlab.engine.sweeps.folder import SweepFolder
from launchlab.engine.sweeps.points import METRICS

BEFORE = Path(__file__).parents[2] / "answers/folders_0_1/sweep"
PART = Chunk(
    np.ones((3, len(METRICS))), ("", "b", ""), ("{}", "{}", "{}"), {1: Curve(np.zeros(9), np.ones(2), 4)}
)


def harmed(content: bytes, rng: np.random.Generator) -> bytes:
    """The bytes cut short, or some of them changed."""
    if rng.random() < 0.3:
        return content[: int(rng.integers(len(content)))]
    data = bytearray(content)
    for _ in range(int(rng.integers(1, 6))):
        data[int(rng.integers(len(data)))] = int(rng.integers(256))
    return bytes(data)


def test_a_part_is_read_back_as_it_was_kept() -> None:
    again = read_chunk(PART.to_bytes(), 3)
    assert again is not None
    np.testing.assert_array_equal(again.metrics, PART.metrics)
    assert (again.errors, again.analyses, again.curves[1].longest) == (PART.errors, PART.analyses, 4)
    assert read_chunk(PART.to_bytes(), 4) is None


def test_a_damaged_part_is_computed_again() -> None:
    rng, content = np.random.default_rng(3), PART.to_bytes()
    lost = sum(read_chunk(harmed(content, rng), 3) is None for _ in range(400))
    assert lost > 200, "a zip tells most of what was done to it"


@pytest.mark.parametrize("texts", [b"[]", b"null", b"[1, 2]", b"[[], null]", b"{", b"[" * 9_000])
def test_a_part_with_other_texts_is_computed_again(texts: bytes) -> None:
    content = io.BytesIO()
    np.savez(content, metrics=PART.metrics, texts=np.frombuffer(texts, np.uint8))
    assert read_chunk(content.getvalue(), 3) is None


def test_a_part_that_is_a_single_array_is_computed_again() -> None:
    content = io.BytesIO()
    np.save(content, PART.metrics)
    assert read_chunk(content.getvalue(), 3) is None


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[" * 100_000, b"\xff", b"[1]", b"null", b'{"strategy": 1e400}']
)
def test_a_sweep_with_a_damaged_question_is_not_resumed(tmp_path: Path, content: bytes) -> None:
    folder = Path(shutil.copytree(BEFORE, tmp_path / "sweep"))
    asked = json.loads((folder / "sweep.json").read_text(encoding="utf-8"))
    (folder / "sweep.json").write_bytes(content)
    with pytest.raises(ConfigError, match="sweep") as fault:
        SweepFolder(folder).begin(asked, resume=True)
    assert "\n" not in str(fault.value)
    assert (folder / "points.parquet").read_bytes() == (BEFORE / "points.parquet").read_bytes()
