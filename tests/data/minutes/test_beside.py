"""Minutes beside a panel: asked for, laid out in its rows, refused or left out where they are wrong; the sample's."""

from pathlib import Path

import numpy as np
import pytest

from launchlab.data.errors import ConfigError, DataError
from launchlab.data.market.market import Market, load_market
from launchlab.data.panel.panel import TRADING

from ...markets.minute_files import HEAD, session_text

LEDGER = """\
id,announced_at,precision,company,product,kind,codes,source,note
one,2026-02-09T10:05+08:00,exact,Acme,One,launch,600589.SS:pure_play,https://example.org,
"""
DAILY = "date,open,high,low,close,volume,pre_close\n" + "".join(
    f"{day},10.0,10.6,10.0,10.6,16000,10.0\n" for day in ("2026-02-06", "2026-02-09", "2026-02-10")
)


@pytest.fixture
def market(tmp_path: Path) -> Path:
    for name, content in (
        ("bars", DAILY),
        ("minutes", HEAD + session_text("2026-02-09", first=10.0, last=10.6)),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "600589.SS.csv").write_text(content)
    (tmp_path / "launches.csv").write_text(LEDGER)
    return tmp_path


def loaded(place: Path, **asked: object) -> Market:
    given = {
        "launches": place / "launches.csv",
        "prices": place / "bars",
        "minutes": place / "minutes",
    } | asked
    return load_market(benchmark="none", currency="CNY", universe="none", **given)


def test_minutes_stand_beside_their_session(market: Path) -> None:
    panel = loaded(market).panel
    t = panel.row("2026-02-09")
    bars = panel.minutes.of(t, 0)
    assert len(panel.minutes) == 1
    assert (len(bars), bars["start"][0], bars["stop"][-1], bars["volume"].sum()) == (16, 570, 900, 16_000.0)
    assert bars["vwap"][0] == pytest.approx((bars["open"][0] + bars["close"][0]) / 2)
    assert len(panel.until(t - 1).minutes) == 0
    assert panel.provenance[-1]["minutes"] == 15
    assert len(loaded(market, minutes=None).panel.minutes) == 0


def test_wrong_minutes_are_refused_or_left_out(market: Path) -> None:
    path = market / "minutes" / "600589.SS.csv"
    path.write_text(path.read_text() + session_text("2026-02-10", first=10.0, last=10.9))
    with pytest.raises(
        DataError,
        match=r"minute bars are wrong in 1 place;.*bad_bars='suspend'(.|\n)*2026-02-10 error: minute_range",
    ):
        loaded(market)
    left = loaded(market, bad_bars="suspend").panel
    assert [int(key) for key in left.minutes.key] == [left.row("2026-02-09")]
    assert any("minute_range" in str(warning["fault"]) for warning in left.warnings)


def test_minutes_of_nothing_that_is_traded_are_a_mistake(market: Path) -> None:
    (market / "minutes" / "600589.SS.csv").rename(market / "minutes" / "600000.SS.csv")
    with pytest.raises(DataError, match="minute bars of none of the 1 codes"):
        loaded(market)
    with pytest.raises(DataError, match="no such file or folder of minute bars"):
        loaded(market, minutes=market / "nowhere")
    with pytest.raises(ConfigError, match="`minute_stamps` 'ends' is unknown"):
        loaded(market, minute_stamps="ends")
    with pytest.raises(ConfigError, match="of the sample market, and these are other `prices`"):
        loaded(market, minutes="sample")


def test_the_samples_minutes_make_its_daily_bars() -> None:
    panel = load_market(minutes="sample", start="2026-01-05", end="2026-03-31").panel
    minutes = panel.minutes
    assert panel.simulated
    assert len(minutes) > 100
    for m in range(len(minutes)):
        t, i = divmod(int(minutes.key[m]), minutes.codes)
        bars = minutes.of(t, i)
        assert panel.status[t, i] == TRADING
        assert bars["open"][0] == panel.open[t, i]
        assert bars["close"][-1] == panel.close[t, i]
        assert bars["high"].max() == panel.high[t, i]
        assert bars["low"].min() == panel.low[t, i]
        assert 0.5 * panel.volume[t, i] <= bars["volume"].sum() <= 0.9 * panel.volume[t, i]
        assert ((bars["low"] <= bars["open"]) & (bars["close"] <= bars["high"])).all()
        assert (np.diff(bars["start"]) > 0).all()


def test_the_samples_minutes_are_the_same_on_every_machine() -> None:
    panel = load_market(minutes="sample", start="2026-02-02", end="2026-02-27").panel
    bars = panel.minutes.of(panel.row("2026-02-12"), panel.column("2513.HK"))
    assert len(bars) == 330
    assert bars["close"][[0, 100, 200, 329]].tolist() == [341.6, 388.0, 395.4, 402.0]
