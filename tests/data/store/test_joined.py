"""A change of code keeps one series: what came before under the old code, what came after under the new one."""

import numpy as np

from launchlab.data.bars.folder import read_bars
from launchlab.data.instruments.table import load_instruments
from launchlab.data.store.joined import iter_instruments
from launchlab.data.store.store import Asked, Store

TABLE = load_instruments()
HEADER = "date,open,high,low,close,volume,cash\n"
OLD = HEADER + "2025-09-29,20,21,19,20.5,1000,\n2025-09-30,20.5,21,20,20.8,1000,0.1\n"
NEW = HEADER + "2025-09-30,20.5,21,20,20.9,1000,0.1\n2025-10-09,20.9,22,20,21.5,1000,\n"


def test_bars_before_and_after_the_beijing_renumbering_are_one_series(tmp_path):
    (tmp_path / "839493.BJ.csv").write_text(OLD)
    (tmp_path / "920493.BJ.csv").write_text(NEW)
    store = Store(tmp_path / "store")
    for bars in read_bars(tmp_path).values():
        store.add(bars, Asked(str(bars.sessions[0]), str(bars.sessions[-1]), "2026-07-01"))
    for place in (tmp_path, store, store.root):
        (bars,) = iter_instruments(place, [TABLE["839493.BJ"]])
        assert bars.code == "920493.BJ"
        assert bars.sessions.astype(str).tolist() == ["2025-09-29", "2025-09-30", "2025-10-09"]
        assert bars.close.tolist() == [20.5, 20.9, 21.5], "the new code's bar stands where both have one"
        assert bars.actions["cash"].tolist() == [0.1]
        assert bars.source["rows"] == 3


def test_the_old_code_alone_is_read_under_the_new_one(tmp_path):
    (tmp_path / "839493.BJ.csv").write_text(OLD)
    (bars,) = iter_instruments(tmp_path, [TABLE["920493.BJ"]])
    assert bars.code == "920493.BJ"
    assert np.array_equal(bars.close, [20.5, 20.8])


def test_codes_that_never_changed_are_read_as_ever(tmp_path):
    (tmp_path / "0700.HK.csv").write_text(OLD)
    assert [bars.code for bars in iter_instruments(tmp_path, [TABLE["0700.HK"]])] == ["0700.HK"]
