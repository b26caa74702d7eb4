"""The simulated market that ships: made again from its recipe, faultless, and with the days it promises."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from launchlab.data.bars.folder import iter_bars
from launchlab.data.instruments.table import load_instruments
from launchlab.data.ledger.ledger import load_launches
from launchlab.data.panel.build import SAMPLE, load_panel
from launchlab.data.panel.panel import SUSPENDED, TRADING, UNLISTED, Panel
from launchlab.data.sample.fair import noise
from launchlab.data.sample.make import market_zip, table

CODES = [row["code"] for row in table("names.csv")]


@pytest.fixture(scope="module")
def panel() -> Panel:
    return load_panel(CODES)


def bar(panel: Panel, code: str, session: str) -> tuple[float, float, float, float]:
    t, i = panel.row(session), panel.column(code)
    open_, high, low, close = (float(x[t, i]) for x in (panel.open, panel.high, panel.low, panel.close))
    return open_, high, low, close


def tables(archive: zipfile.ZipFile) -> dict[str, pa.Table]:
    return {name: pq.read_table(io.BytesIO(archive.read(name))) for name in archive.namelist()}


def test_the_market_that_ships_is_the_one_its_recipe_makes() -> None:
    made = tables(zipfile.ZipFile(io.BytesIO(market_zip())))
    shipped = tables(zipfile.ZipFile(SAMPLE))
    assert list(made) == list(shipped) == [f"{code}.parquet" for code in CODES]
    for name, expected in made.items():
        found = shipped[name]
        assert found.column_names == expected.column_names
        for column in found.column_names:
            a, b = found.column(column).to_numpy(), expected.column(column).to_numpy()
            assert np.array_equal(a, b, equal_nan=a.dtype.kind == "f"), f"{name} {column}: run make.py"


def test_the_recipe_writes_the_same_bytes_every_time() -> None:
    assert market_zip() == market_zip()


def test_the_sample_is_small_enough_for_the_wheel() -> None:
    assert SAMPLE.stat().st_size < 1_000_000


def test_the_sample_calls_itself_simulated(panel: Panel) -> None:
    assert panel.simulated
    assert {row["source"] for row in panel.provenance} == {"simulated sample"}
    assert all(bars.source["simulated"] == "true" for bars in iter_bars(SAMPLE))
    readme = Path(SAMPLE).with_name("README.md").read_text(encoding="utf-8")
    assert readme.startswith("# The sample market is simulated")


def test_the_sample_has_nothing_wrong_and_nothing_doubtful(panel: Panel) -> None:
    assert panel.warnings == ()
    assert str(panel.sessions[0]) == "2025-07-02"
    assert str(panel.sessions[-1]) == "2026-07-17"


def test_every_code_of_the_shipped_ledger_has_bars_in_the_sample() -> None:
    instruments = load_instruments()
    assert {instruments[code].code for code in load_launches().codes} <= set(CODES)


@pytest.mark.parametrize(
    ("code", "eve", "close"),
    [
        ("2513.HK", 312.4, 402.0),
        ("0100.HK", 513.0, 588.0),
        ("0020.HK", 2.51, 2.68),
        ("0700.HK", 548.0, 535.5),
        ("9988.HK", 160.1, 158.6),
        ("9888.HK", 144.3, 140.1),
        ("3690.HK", 88.85, 84.85),
        ("688158.SS", 37.54, 45.05),
    ],
)
def test_the_closes_around_glm_5_are_the_documented_ones(
    panel: Panel, code: str, eve: float, close: float
) -> None:
    assert bar(panel, code, "2026-02-11")[3] == eve
    assert bar(panel, code, "2026-02-12")[3] == close


def test_ucloud_opens_below_its_limit_and_is_sealed_at_the_close(panel: Panel) -> None:
    open_, high, _, close = bar(panel, "688158.SS", "2026-02-12")
    # 37.54 × 1.20 = 45.048
    assert (open_, high, close) == (43.20, 45.05, 45.05)
    assert panel.limit_up[panel.row("2026-02-12"), panel.column("688158.SS")] == 45.05


def test_seedance_gives_a_one_price_board_and_then_a_day_that_opens_below_it(panel: Panel) -> None:
    assert bar(panel, "300364.SZ", "2026-02-06")[3] == 29.00
    assert bar(panel, "300364.SZ", "2026-02-09") == (34.80,) * 4  # 29.00 × 1.20
    open_, _, _, close = bar(panel, "300364.SZ", "2026-02-10")
    assert open_ < close == 41.76  # 34.80 × 1.20


def test_ireader_is_locked_for_four_sessions_and_trades_on_the_fifth(panel: Panel) -> None:
    locked = {"2026-02-09": 25.30, "2026-02-10": 27.83, "2026-02-11": 30.61, "2026-02-12": 33.67}
    for session, limit in locked.items():  # 23.00 × 1.1, × 1.1, …, half-up to the cent
        assert bar(panel, "603533.SS", session) == (limit,) * 4
    open_, high, low, _ = bar(panel, "603533.SS", "2026-02-13")
    assert low < high
    assert open_ < 37.04  # 33.67 × 1.1


def test_a_suspension_has_a_status_and_no_price(panel: Panel) -> None:
    i = panel.column("603533.SS")
    for session in ("2026-02-24", "2026-02-25", "2026-02-26"):
        t = panel.row(session)
        assert panel.status[t, i] == SUSPENDED
        assert np.isnan(panel.close[t, i])
        assert panel.volume[t, i] == 0
    assert panel.status[panel.row("2026-02-27"), i] == TRADING


def test_a_bonus_issue_lowers_the_reference_by_its_ratio_and_its_cash(panel: Panel) -> None:
    t, i = panel.row("2026-05-20"), panel.column("300418.SZ")
    assert panel.close[t - 1, i] == 25.36
    assert panel.ref[t, i] == 18.04  # (25.36 - 0.10) / 1.4 = 18.043
    (action,) = panel.actions[(panel.actions["row"] == t) & (panel.actions["code"] == i)]
    assert (action["ratio"], action["cash"]) == (1.4, 0.1)


def test_a_listing_starts_from_its_issue_price(panel: Panel) -> None:
    for code, listed, issue, close in (
        ("2513.HK", "2026-01-08", 116.2, 131.5),
        ("0100.HK", "2026-01-09", 165.0, 345.0),
    ):
        t, i = panel.row(listed), panel.column(code)
        assert panel.status[t - 1, i] == UNLISTED
        assert panel.ref[t, i] == issue
        assert panel.close[t, i] == close


def test_the_noise_has_mean_0_and_deviation_1() -> None:
    draws = [noise("test", i) for i in range(4000)]
    assert abs(float(np.mean(draws))) < 4 / np.sqrt(4000)
    assert abs(float(np.std(draws)) - 1) < 0.05
