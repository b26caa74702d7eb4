"""The store: what is written is read, revisions are kept, and nothing is half-written whatever happens."""

import hashlib
import json
import os
import random
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchlab.data.bars.bars import (
    COLUMNS,
    CORPORATE_ACTION,
    Bars,
    bars_from_columns,
)
from launchlab.data.bars.files import table_to_bars
from launchlab.data.bars.layout import bars_to_parquet
from launchlab.data.bars.merge import compare_bars, merge_bars
from launchlab.data.bars.text import read_parquet
from launchlab.data.errors import DataError, StoreError
from launchlab.data.store.manifest import read_manifest
from launchlab.data.store.store import Asked, Store, default_store, iter_prices

from ... import MARKETS
from ...markets.store_child import CODES, MOMENT, fetch_all, made, steps, write

CHILD = MARKETS / "store_child.py"
CODE = CODES[0]
EPOCH = "1783000000"


def asked(bars: Bars, moment: str = MOMENT) -> Asked:
    return Asked(str(bars.sessions[0]), str(bars.sessions[-1]), moment)


def same(one: Bars, other: Bars) -> bool:
    equal = all(
        np.array_equal(getattr(one, c), getattr(other, c), equal_nan=c != "sessions") for c in COLUMNS
    )
    return equal and np.array_equal(one.actions, other.actions)


def fingerprint(root: Path) -> dict[str, str]:
    """Content of every file but locks and `sources.json`, which holds the moments at which sources answered."""
    others = (".lock", "sources.json")
    files = [path for path in sorted(root.rglob("*")) if path.is_file() and path.name not in others]
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "store")


def test_what_is_written_is_read_with_its_origin(store):
    bars = made(CODE, 50)
    revision = store.add(bars, asked(bars))
    back = store.read(CODE)
    assert same(back, bars)
    assert back.source["provider"] == "yahoo"
    assert back.source["sha256"] == revision.sha256
    assert (revision.rows, revision.first, revision.last) == (50, "2025-01-01", "2025-02-19")
    assert store.codes() == (CODE,)


def test_the_same_bars_again_are_no_new_revision(store):
    bars = made(CODE, 50)
    store.add(bars, asked(bars))
    before = fingerprint(store.root)
    assert store.add(bars, asked(bars, "2026-08-01T00:00:00+00:00")).number == 1
    assert fingerprint(store.root) == before


def test_an_extension_supersedes_and_a_change_of_the_past_keeps_both(store):
    for bars in (made(CODE, 50), made(CODE, 80), made(CODE, 80, bump=1.0)):
        store.add(bars, asked(bars))
    first, second, third = store.manifest(CODE).revisions
    assert first.file is None
    assert second.file
    assert third.file
    assert (second.added, second.changed, third.added, third.changed) == (30, 0, 0, 1)
    # session 40 of 80: 2025-02-10, price 10 + 40 % 7 = 15, raised by one
    assert third.notes == (
        "2025-02-10 close 15 -> 16",
        "2025-02-10 high 15 -> 16",
        "2025-02-10 low 15 -> 16",
        "2025-02-10 open 15 -> 16",
        "2025-02-10 volume 15000 -> 16000",
    )
    assert len(list(store.folder(CODE).glob("*.parquet"))) == 2


def test_a_later_span_is_joined_to_the_stored_one(store):
    whole = made(CODE, 80)
    for part in (whole.take(np.arange(30)), whole.take(np.arange(30, 80))):
        store.add(part, asked(part))
    assert same(store.read(CODE), whole)
    assert store.manifest(CODE).asked == {"yahoo": ("2025-01-01", "2025-03-21")}


def test_a_session_that_the_source_no_longer_has_is_reported_as_removed(store):
    whole = made(CODE, 10)
    store.add(whole, asked(whole))
    revision = store.add(whole.take(np.delete(np.arange(10), 4)), asked(whole))
    assert (revision.removed, revision.changed) == (1, 0)
    assert revision.notes == ("2025-01-05 removed",)


def test_corporate_actions_are_kept_and_a_changed_one_is_a_revision(store):
    plain = made(CODE, 10)
    actions = np.array([(np.datetime64("2025-01-06"), 1.3, 0.2, 0.0, 0.0)], CORPORATE_ACTION)
    bars = Bars(**{**vars(plain), "actions": actions})
    store.add(bars, asked(bars))
    assert same(store.read(CODE), bars)
    assert store.add(plain, asked(plain)).changed == 1


def test_two_providers_live_side_by_side_and_the_preferred_one_is_read(store):
    yahoo = made(CODE, 10)
    other = Bars(**{**vars(made(CODE, 10, bump=1.0)), "source": {"provider": "baostock"}})
    order = ("files", "baostock", "yahoo")
    store.add(yahoo, asked(yahoo), preference=order)
    store.add(other, asked(other), preference=order)
    assert store.read(CODE).source["provider"] == "baostock"
    assert same(store.read(CODE, "yahoo"), yahoo)
    assert store.manifest(CODE).rule == "files > baostock > yahoo"


def test_missing_codes_and_damaged_files_are_named(store):
    bars = made(CODE, 10)
    revision = store.add(bars, asked(bars))
    with pytest.raises(DataError, match=r"600001\.SS is not in the store .*ll\.fetch\('600001\.SS'\)"):
        store.read("600001.SS")
    path = store.folder(CODE) / revision.file
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(StoreError, match="is damaged"):
        store.read(CODE)
    store.add(bars, asked(bars))
    assert same(store.read(CODE), bars)


def test_a_manifest_of_another_format_is_refused(store):
    bars = made(CODE, 10)
    store.add(bars, asked(bars))
    path = store.folder(CODE) / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 99}))
    with pytest.raises(StoreError, match="format 99"):
        store.read(CODE)


def test_the_environment_names_the_store(monkeypatch, tmp_path):
    monkeypatch.setenv("LAUNCHLAB_STORE", str(tmp_path))
    assert default_store() == tmp_path
    monkeypatch.delenv("LAUNCHLAB_STORE")
    assert default_store().parts[-2:] == ("launchlab", "store")


def test_a_store_and_a_folder_are_read_alike(store, tmp_path):
    bars = made(CODE, 10)
    store.add(bars, asked(bars))
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / f"{CODE}.parquet").write_bytes(bars_to_parquet(bars))
    for place in (store, store.root, tmp_path / "plain"):
        assert [same(one, bars) for one in iter_prices(place, [CODE])] == [True]


def test_an_unwritable_folder_is_said_in_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    bars = made(CODE, 10)
    with pytest.raises(StoreError, match="`store`"):
        Store(tmp_path / "file" / "store").add(bars, asked(bars))


def test_several_processes_may_write_the_same_codes(store):
    writers = [subprocess.Popen([sys.executable, CHILD, store.root]) for _ in range(3)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    for code in CODES:
        manifest = store.manifest(code)
        assert same(store.read(code), made(code, 300, bump=1.0)) or same(store.read(code), made(code, 300))
        assert [one.number for one in manifest.revisions] == list(range(1, len(manifest.revisions) + 1))
    assert not list(store.root.rglob(".part-*"))


def test_a_full_disk_changes_nothing_and_is_said_plainly(store):
    """RLIMIT_FSIZE stands in for the full disk: no file may grow beyond 4 kB."""
    small = made(CODE, 20)
    store.add(small, asked(small))
    before = fingerprint(store.root)
    code = (
        "import resource, sys; from pathlib import Path\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        f"sys.path.insert(0, {str(CHILD.parent)!r})\n"
        "from store_child import made; from launchlab.data.store.store import Asked, Store\n"
        "from launchlab.data.errors import StoreError\n"
        f"bars = made({CODE!r}, 500)\n"
        "try:\n"
        f"    Store(Path({str(store.root)!r})).add(bars, Asked('2025-01-01', '2026-12-31', 'x'))\n"
        "except StoreError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert "nothing was changed" in done.stdout
    assert fingerprint(store.root) == before
    assert same(store.read(CODE), small)


@pytest.fixture(scope="module")
def killer():
    """Start work on a store in another process and kill it with SIGKILL: killer(work, root, seconds)."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH, "PYTHONWARNINGS": "ignore"}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, CHILD], stdin=pipe, stdout=pipe, text=True, env=environment
    ) as child:

        def kill_after(work: str, root: Path, seconds: float) -> None:
            child.stdin.write(f"{work} {root} {seconds}\n")
            child.stdin.flush()
            assert child.stdout.readline() == "done\n"

        yield kill_after


def check_whole(store: Store) -> None:
    """Every code that has a manifest reads back as one of the states that were written, to the last digit."""
    for code in store.codes():
        states = [made(code, 200), made(code, 300), made(code, 300, bump=1.0)]
        assert any(same(store.read(code), state) for state in states), code


def test_a_killed_writer_leaves_a_whole_store_and_a_second_run_completes_it(store, killer):
    for seconds in (0.0, 0.01, 0.03):
        killer("write", store.root, seconds)
        check_whole(store)
    write(store)
    assert all(same(store.read(code), made(code, 300, bump=1.0)) for code in CODES)


def resume(store: Store) -> None:
    """What a second run of `write` does, without going back over the steps that are done."""
    for number, bars in enumerate(steps()):
        manifest = read_manifest(store.folder(bars.code) / "manifest.json")
        done = len(manifest.revisions) if manifest else 0
        if done <= number // len(CODES):
            store.add(bars, asked(bars), preference=("yahoo",))


@pytest.mark.slow
@pytest.mark.parametrize("work", ["write", "fetch"])
def test_killed_at_200_random_points_a_resumed_store_has_the_same_bytes(work, tmp_path, killer, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)
    again = {"write": resume, "fetch": fetch_all}[work]
    started = time.perf_counter()
    {"write": write, "fetch": fetch_all}[work](Store(tmp_path / "expected"))
    whole_run = time.perf_counter() - started
    expected = fingerprint(tmp_path / "expected")
    chance = random.Random(20260212)
    cut_short = 0
    for i in range(200):
        store = Store(tmp_path / f"store-{i}")
        killer(work, store.root, chance.uniform(0.0, whole_run))
        check_whole(store)
        cut_short += fingerprint(store.root) != expected
        again(store)
        assert fingerprint(store.root) == expected, i
    assert cut_short > 20


PRICE = st.one_of(st.floats(0.001, 5000.0), st.just(float("nan")))


@st.composite
def any_bars(draw: st.DrawFn) -> Bars:
    """Bars of up to 30 days with any prices, statuses and actions, also on days without a bar."""
    offsets = sorted(draw(st.sets(st.integers(0, 60), min_size=1, max_size=30)))
    days = np.datetime64("2025-01-01") + np.array(offsets, "m8[D]")
    n = len(days)
    columns = {
        name: np.array(draw(st.lists(PRICE, min_size=n, max_size=n)))
        for name in ("open", "high", "low", "close", "pre_close")
    }
    columns["volume"] = np.array(draw(st.lists(st.integers(0, 10**9), min_size=n, max_size=n)), float)
    columns["status"] = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    plain = bars_from_columns(CODE, columns | {"date": days}, {"provider": "yahoo"})
    when = sorted(draw(st.sets(st.integers(offsets[0], offsets[-1]), max_size=3)))
    actions = np.array(
        [(np.datetime64("2025-01-01") + np.timedelta64(i, "D"), 1.3, 0.2, 0.0, 0.0) for i in when],
        CORPORATE_ACTION,
    )
    return Bars(**{**vars(plain), "actions": actions})


@given(any_bars())
def test_any_bars_survive_parquet(bars):
    back = table_to_bars(CODE, read_parquet(bars_to_parquet(bars)), {})
    whole = merge_bars(None, bars, "2025-01-01", "2025-12-31")
    assert same(back, whole)
    assert bars_to_parquet(back) == bars_to_parquet(bars)


@given(any_bars(), st.lists(st.integers(0, 60), max_size=4))
def test_pieces_merged_one_after_the_other_are_the_whole(bars, cuts):
    whole = merge_bars(None, bars, "2025-01-01", "2025-12-31")
    edges = [0, *sorted(set(cuts)), 61]
    stored = None
    for a, b in pairwise(edges):
        first, last = (np.datetime64("2025-01-01") + np.timedelta64(k, "D") for k in (a, b - 1))
        piece = whole.between(first, last)
        if a < b and len(piece):
            stored = merge_bars(stored, piece, str(first), str(last))
    assert same(stored, whole)
    assert not compare_bars(stored, whole).any


def test_a_place_that_cannot_be_is_a_sentence(tmp_path):
    for place in (tmp_path / ("x" * 300), tmp_path / "nul\0"):
        with pytest.raises((StoreError, DataError)):
            Store(place).add(made(CODE, 5), asked(made(CODE, 5)))


@pytest.mark.parametrize("code", ["", ".", "..", "../x", "a/b", "a\\b", "x\0"])
def test_a_code_that_leads_out_of_the_store_is_refused(tmp_path, code):
    with pytest.raises(StoreError, match="is no code"):
        Store(tmp_path).read(code)
