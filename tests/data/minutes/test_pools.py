"""Limit pools: read in a vendor's columns, and what they say of an order inside a session without minute bars."""

import os
from pathlib import Path

import pytest

import launchlab as ll
from launchlab.data.errors import DataError
from launchlab.data.minutes.pools import Standing, content_to_seals

from ...markets.minute_files import HEAD, session_text

REAL = Path(os.environ.get("LAUNCHLAB_REAL_DATA", "")) / "minute" / "limit_pools_20260618_20260821.csv"
HEADING = "date,pool,代码,首次封板时间,最后封板时间,炸板次数\n"
LEDGER = """\
id,announced_at,precision,company,product,kind,codes,source,note
one,2026-02-09T10:05+08:00,exact,Acme,One,launch,600589.SS:pure_play,https://example.org,
"""
DAILY = "date,open,high,low,close,volume,pre_close\n" + "".join(
    f"{day},10.0,10.6,10.0,10.6,16000000,10.0\n"
    for day in ("2026-02-06", "2026-02-09", "2026-02-10", "2026-02-11")
)


def seal_of(cells: str, heading: str = HEADING, name: str = "limit_pool.csv"):
    (seal,) = content_to_seals((heading + cells + "\n").encode(), name)
    return seal


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("20260209,zt,600589,103000,103000,0", "OPEN SEALED SEALED SEALED"),
        ("20260209,zt,600589,103000,140000,2", "OPEN UNKNOWN UNKNOWN SEALED"),
        ("20260209,zb,600589,103000,,1", "OPEN UNKNOWN UNKNOWN UNKNOWN"),
        ("2026-02-09,zt,600589,10:30:30,10:31:00,1", "OPEN OPEN SEALED SEALED"),
        ("20260209,zt,600589,92500,92500,0", "SEALED SEALED SEALED SEALED"),
        ("20260209,dt,600589,,140000,3", "UNKNOWN UNKNOWN UNKNOWN SEALED"),
    ],
)
def test_a_pool_decides_before_the_first_seal_and_after_the_last(cells: str, said: str) -> None:
    seal = seal_of(cells)
    assert [seal.at(minute).name for minute in (629, 630, 631, 840)] == said.split()
    assert (seal.day, seal.code, seal.up) == ("2026-02-09", "600589.SS", "dt" not in cells)


def test_a_file_of_one_day_has_its_day_in_its_name() -> None:
    heading = "序号,代码,名称,首次封板时间,最后封板时间,炸板次数\n"
    assert (
        seal_of("1,000811,冰轮环境,092500,092500,0", heading, "limit_pool_20260618.csv").day == "2026-06-18"
    )
    with pytest.raises(DataError, match="does not say of which day"):
        seal_of("1,000811,冰轮环境,092500,092500,0", heading)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("yesterday,zt,600589,103000,103000,0", "is no day"),
        ("20260209,zt,600589,259900,103000,0", "is no time of a seal"),
        ("20260209,zt,600589,,,0", "neither a first nor a last seal"),
        ("20260209,zt,600589,103000,103000,often", "no number of openings"),
        ("20260209,zt,nobody,103000,103000,0", "no share of the mainland"),
    ],
)
def test_a_row_that_makes_no_sense_is_named(cells: str, said: str) -> None:
    with pytest.raises(DataError, match=f"row 1: .*{said}|row 1: {said}"):
        seal_of(cells)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(DataError, match="no column '首次封板时间' of a limit pool"):
        content_to_seals("date,代码,a,b,c,d\n20260209,600589,1,1,1,1\n".encode(), "limit_pool.csv")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for folder in ("bars", "minutes"):
        (tmp_path / folder).mkdir()
    (tmp_path / "bars" / "600589.SS.csv").write_text(DAILY)
    (tmp_path / "launches.csv").write_text(LEDGER)
    return tmp_path


def loaded(place: Path) -> ll.Market:
    return ll.load_market(
        launches=place / "launches.csv", prices=place / "bars", minutes=place / "minutes", benchmark="none",
        currency="CNY", universe="none",
    )  # fmt: skip


@pytest.mark.parametrize("engine", ["compiled", "backtrader"])
@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("20260209,zt,600589,103000,103000,0", "the board was open: it could have been filled"),
        ("20260209,zt,600589,101500,101500,0", "the board was sealed: it could not have been filled"),
        ("20260209,zb,600589,101500,,2", "sealed and open in turns"),
    ],
)
def test_a_run_says_of_an_order_without_minutes_what_the_pool_knows(
    place: Path, cells: str, said: str, engine: str
) -> None:
    """Ready at 10:20, fifteen minutes after the news."""
    (place / "minutes" / "limit_pool_february.csv").write_text(HEADING + cells + "\n")
    found = ll.backtest(
        "buy-launch", loaded(place), settings={"entry": "now"}, options=ll.RunOptions(engine=engine)
    )
    told = [one for one in found.summary["unknowns"] if one.startswith("limit pool")]
    assert len(told) == 1
    assert "600589.SS, to buy at 10:20 on 2026-02-09" in told[0]
    assert said in told[0]


def test_a_session_with_minutes_needs_no_pool_and_a_pool_is_hidden_after_a_row(place: Path) -> None:
    (place / "minutes" / "limit_pool.csv").write_text(HEADING + "20260209,zt,600589,101500,101500,0\n")
    panel = loaded(place).panel
    t = panel.row("2026-02-09")
    assert list(panel.minutes.seals) == [t * len(panel.codes)]
    assert panel.until(t).minutes.seals == panel.minutes.seals
    assert panel.until(t - 1).minutes.seals == {}
    (place / "minutes" / "600589.csv").write_text(
        HEAD + session_text("2026-02-09", first=10.0, last=10.6, volume=1_000_000.0)
    )
    found = ll.backtest("buy-launch", loaded(place), settings={"entry": "now"})
    assert not [one for one in found.summary["unknowns"] if one.startswith("limit pool")]


@pytest.mark.skipif("LAUNCHLAB_REAL_DATA" not in os.environ, reason="LAUNCHLAB_REAL_DATA is not set")
def test_real_pools() -> None:
    seals = content_to_seals(REAL.read_bytes(), str(REAL))
    assert len(seals) == 6436
    of = {(seal.code, seal.day): seal for seal in seals}
    board = of["603533.SS", "2026-06-22"]  # 13:03:32 to 13:45:20, opened 14 times
    assert [board.at(60 * 13 + minute) for minute in (3, 4, 45, 46)] == [
        Standing.OPEN, Standing.UNKNOWN, Standing.UNKNOWN, Standing.SEALED,
    ]  # fmt: skip
    assert of["300364.SZ", "2026-07-31"].at(10 * 60 + 44) == Standing.OPEN  # 10:44:42
    assert of["300418.SZ", "2026-07-31"].at(13 * 60 + 50) == Standing.SEALED  # 10:55:45 to 13:49:57
    assert of["002261.SZ", "2026-07-02"].at(14 * 60) == Standing.UNKNOWN  # opened, and open at the close
