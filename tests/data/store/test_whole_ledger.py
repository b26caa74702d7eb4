"""From nothing: one fetch without codes against local servers, and the shipped ledger on what it brought, as on the same files."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from launchlab.data.calendars.sessions import sessions
from launchlab.data.instruments.table import Instrument, load_instruments
from launchlab.data.market.everything import everything
from launchlab.data.patience import Patience
from launchlab.data.providers.chain import Chain
from launchlab.data.providers.choose import make_provider
from launchlab.data.providers.tushare import tushare_code

from ...markets.cli_fixture import json_of, launchlab
from ...markets.fake_sites import FakeSites
from ...markets.vendor_servers import TOKEN
from .test_chain import Source

TABLE = load_instruments()
QUICK = Patience(timeout=20.0, attempts=3, first_pause=0.01, longest_pause=0.02)
END = "2026-07-10"
# A cycle on every tick and inside every limit.
CYCLE = np.array([20.0, 20.2, 20.4, 20.2])
VOLUME = 50_000_000.0


def rows_of(instrument: Instrument, start: str) -> pd.DataFrame:
    """The cycle on each of its sessions, with its turnover."""
    first = max(start, str(instrument.listed or start))
    days = sessions(instrument.exchange, first, END)
    price = CYCLE[(np.arange(len(days)) + int(instrument.code[:3].strip("^").encode().hex(), 16)) % 4]
    frame = pd.DataFrame({"date": days.astype(str)} | dict.fromkeys(("open", "high", "low", "close"), price))
    return frame.assign(volume=VOLUME, amount=VOLUME * price)


def bank(start: str) -> bytes:
    """The bank's zip, the same rates every Monday."""
    days = pd.date_range(start, END, freq="W-MON").strftime("%Y-%m-%d")
    text = "Date,USD,CNY,HKD,\n" + "".join(f"{day},1.1,7.9,8.6,\n" for day in days)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("eurofxref-hist.csv", text)
    return content.getvalue()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, pd.DataFrame]:
    """Tushare with every share and fund, the bank, and another source for Hong Kong's index; the bars of each code."""
    asked, start = everything(TABLE)
    held = {one.code: rows_of(one, str(start)) for one in asked.instruments}
    by_name = {tushare_code(one): held[one.code] for one in asked.instruments if one.code[0] != "^"}

    def tushare(question: dict[str, dict[str, str]]) -> str:
        params = question["params"]
        frame = by_name.get(params.get("ts_code", ""), pd.DataFrame())
        names = question["fields"].split(",")
        if question["api_name"] not in ("daily", "fund_daily", "index_daily", "hk_daily") or not len(frame):
            return json.dumps({"code": 0, "msg": "", "data": {"fields": names, "items": []}})
        lot, thousand = (1, 1) if question["api_name"] == "hk_daily" else (100, 1000)
        day = frame["date"].str.replace("-", "")
        table = frame.assign(
            ts_code=params["ts_code"],
            trade_date=day,
            vol=frame["volume"] / lot,
            amount=frame["amount"] / thousand,
            pre_close=None,
        )
        table = table[(day >= params["start_date"]) & (day <= params["end_date"])]
        table = table.iloc[params["offset"] : params["offset"] + params["limit"]]
        return json.dumps(
            {"code": 0, "msg": "", "data": {"fields": names, "items": table[names].values.tolist()}}
        )

    def answer(host: str, path: str, _query: object, body: bytes) -> tuple[int, str | bytes]:
        if host == "www.ecb.europa.eu":
            return 200, bank(str(start))
        return (200, tushare(json.loads(body))) if body else (404, "nothing here")

    with FakeSites(tmp_path, answer) as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setenv("TUSHARE_URL", server.address)
        monkeypatch.setenv("TUSHARE_TOKEN", TOKEN)
        monkeypatch.setattr("launchlab.data.providers.tushare_api.PAUSE", 0.0)
        sources = {"tushare": make_provider("tushare", QUICK), "one": Source("one", price=20.0)}
        chain = Chain(sources, asked=tuple(sources))
        monkeypatch.setattr("launchlab.data.market.fetch.make_chain", lambda *_, **__: chain)
        monkeypatch.setenv("LAUNCHLAB_STORE", str(tmp_path / "store"))
        monkeypatch.chdir(tmp_path)
        yield held


@pytest.mark.slow
def test_one_fetch_brings_what_the_shipped_ledger_needs_and_a_run_is_that_of_the_files(world, tmp_path):
    asked = ("fetch", "--end", END)
    done = launchlab(*asked)
    assert done.exit_code == 0, done.output
    assert f"{len(world) + 1} fetched, 0 kept, 0 failed" in done.stdout
    assert TOKEN not in done.output
    files = tmp_path / "files"
    files.mkdir()
    for code, frame in world.items():
        frame.to_csv(files / f"{code}.csv", index=False)
    rates = tmp_path / "store" / "rates" / "eurofxref-hist.zip"
    runs = {
        name: json_of(launchlab("backtest", *prices, "--out", tmp_path / f"of-{name}", "--json"))
        for name, prices in (("store", ("--prices", "store")), ("files", ("--prices", files, "--fx", rates)))
    }
    assert runs["store"]["metrics"]["fills"] > 100
    columns = ["session", "code", "shares", "price", "commission", "stamp", "levies", "reason"]
    stored, filed = (pd.read_csv(tmp_path / f"of-{name}" / "fills.csv")[columns] for name in runs)
    pd.testing.assert_frame_equal(stored, filed)
    assert runs["store"]["metrics"] == runs["files"]["metrics"]
    again = json_of(launchlab(*asked, "--json"))
    assert (again["fetched"], again["kept"]) == (0, len(world) + 1)
