"""A fetch from several sources that is killed, interrupted or finds the disk full is completed by the next one, to the same bytes."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launchlab.data.store.store import Store

from ... import MARKETS
from ...markets.chain_child import CODES, fetch_chain

CHILD = MARKETS / "chain_child.py"
EPOCH = "1783000000"
Cut = Callable[[str, Path, int], dict[str, object]]


@pytest.fixture(scope="module")
def cut() -> Iterator[Cut]:
    """cut(kind, root, write): a fetch in another process, cut short at that write; what became of it."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH, "PYTHONWARNINGS": "ignore"}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, CHILD], stdin=pipe, stdout=pipe, text=True, env=environment
    ) as child:

        def ordered(kind: str, root: Path, write: int) -> dict[str, object]:
            child.stdin.write(f"{kind} {root} {write}\n")
            child.stdin.flush()
            return json.loads(child.stdout.readline())

        yield ordered
        child.stdin.close()


@pytest.fixture
def expected(cut: Cut, tmp_path: Path) -> tuple[dict[str, str], int]:
    """What a fetch that nothing disturbs leaves, and its number of writes."""
    whole = cut("none", tmp_path / "whole", 0)
    assert not any("not compared" in text for text in whole["said"])
    content = content_of(tmp_path / "whole")
    assert {name for name in content if name.endswith("facts.json")} == {
        f"codes/{CODES[1]}/facts.json",
        f"codes/{CODES[3]}/facts.json",
    }
    return content, int(whole["writes"])


def content_of(root: Path) -> dict[str, str]:
    """Every file of a store by its name, but for the locks and what depends on how often a source was asked."""
    files = [
        path
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name not in (".lock", "sources.json")
    ]
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def check(cut: Cut, kind: str, root: Path, write: int, expected: dict[str, str]) -> None:
    """Cut short, then whole in what it has, then completed to the same bytes."""
    found = cut(kind, root, write)
    assert "broken" not in found, "it ended in a traceback"
    if kind == "kill":
        assert found == {"signal": signal.SIGKILL}
    if kind == "stop":
        assert found["said"] == ["interrupted"]
    if kind == "full":
        assert any("No space left on device" in text for text in found["said"]), found
    store = Store(root)
    for code in store.codes():
        store.read(code)
    assert fetch_chain(store).complete
    assert content_of(root) == expected


@pytest.mark.parametrize("kind", ["kill", "stop", "full"])
def test_cut_short_at_its_first_middle_and_last_writes_it_is_completed(
    cut, tmp_path, expected, kind, monkeypatch
):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)
    content, writes = expected
    for write in (1, writes // 2, writes - 1):
        check(cut, kind, tmp_path / f"store-{write}", write, content)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["kill", "stop", "full"])
def test_cut_short_at_every_fifth_of_its_writes_it_is_completed(cut, tmp_path, expected, kind, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)
    content, writes = expected
    assert writes > 20
    for write in range(1, writes, 5):
        check(cut, kind, tmp_path / f"store-{write}", write, content)
