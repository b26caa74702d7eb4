"""The baostock provider: the real client against a local server that speaks its protocol."""

from datetime import date

import numpy as np
import pytest

from launchlab.data.errors import FetchError
from launchlab.data.instruments.table import load_instruments
from launchlab.data.patience import Patience
from launchlab.data.providers.baostock import Baostock

from ...markets.fake_baostock import FakeBaostock

baostock = pytest.importorskip("baostock")
TABLE = load_instruments()
UCLOUD = "sh.688158"
# date, open, high, low, close, preclose, volume, amount, tradestatus, isST
BARS = [
    ["2024-05-15", "12.9800", "13.2000", "12.9000", "13.0000", "12.9500", "1000000", "13050000.0", "1", "0"],
    ["2024-05-16", "13.0000", "13.0000", "13.0000", "13.0000", "13.0000", "", "", "0", "1"],
    ["2024-05-17", "9.9000", "10.1000", "9.8000", "10.0000", "9.8500", "3000000", "29900000.0", "1", "0"],
]
# 3 bonus shares for 10 (1 from profits, 2 from reserves) and 0.20 a share: 13.00 becomes (13.00 - 0.20) / 1.3 = 9.85.
ROWS = {
    ("query_history_k_data_plus", UCLOUD): BARS,
    ("query_adjust_factor", UCLOUD): [[UCLOUD, "2024-05-17", "0.76", "1.3", "1.3"]],
    ("query_dividend_data", UCLOUD): [[UCLOUD, "2024-05-17", "0.20", "0.1", "0.2"]],
}
SPAN = (date(2024, 5, 1), date(2024, 5, 31))


@pytest.fixture
def server(monkeypatch):
    with FakeBaostock(dict(ROWS)) as found:
        constants = baostock.common.contants
        monkeypatch.setattr(constants, "BAOSTOCK_SERVER_IP", "127.0.0.1")
        monkeypatch.setattr(constants, "BAOSTOCK_SERVER_PORT", found.server_address[1])
        yield found


@pytest.fixture
def provider(server):
    found = Baostock(Patience(timeout=2.0, attempts=3, first_pause=0.01, longest_pause=0.02))
    yield found
    found.close()


def test_bars_come_with_reference_status_st_and_actions(provider, capsys):
    bars = provider.bars(TABLE["688158.SS"], *SPAN)
    assert bars.close.tolist() == [13.0, 13.0, 10.0]
    assert bars.pre_close.tolist() == [12.95, 13.0, 9.85]
    assert bars.suspended.tolist() == [False, True, False]
    assert bars.st.tolist() == [0, 1, 0]
    assert bars.volume.tolist() == [1_000_000, 0, 3_000_000]
    assert np.isnan(bars.amount[1])
    assert bars.actions["session"].astype(str).tolist() == ["2024-05-17"]
    assert bars.actions["ratio"].tolist() == [pytest.approx(1.3)]
    assert bars.actions["cash"].tolist() == [0.2]
    assert bars.source["provider"] == "baostock"
    assert capsys.readouterr().out == "", "the client's chatter does not reach stdout"


def test_raw_prices_are_asked_for_by_exchange_prefix(provider, server):
    provider.bars(TABLE["688158.SS"], *SPAN)
    question = next(one for one in server.log if one[0] == "query_history_k_data_plus")
    assert question[4] == UCLOUD
    assert question[-2:] == ("d", "3"), "adjustflag 3 is unadjusted"


@pytest.mark.parametrize("fault", ["hang up", "error"])
def test_a_passing_fault_is_asked_again_after_a_new_login(provider, server, fault):
    server.faults = [fault]
    assert len(provider.bars(TABLE["688158.SS"], *SPAN)) == 3
    assert sum(one[0] == "login" for one in server.log) == 2


def test_a_lasting_fault_is_an_error(provider, server):
    server.faults = ["hang up"] * 9
    with pytest.raises(FetchError, match="did not answer 3 times"):
        provider.bars(TABLE["688158.SS"], *SPAN)


def test_more_than_one_page_is_read_to_the_end(provider, server):
    days = np.arange("2015-01-01", "2020-12-31", dtype="M8[D]")[:2003]
    rows = [[str(day), *BARS[0][1:]] for day in days]
    server.rows = {("query_history_k_data_plus", UCLOUD): rows}
    bars = provider.bars(TABLE["688158.SS"], date(2015, 1, 1), date(2020, 12, 31))
    assert len(bars) == 2003
    assert len(bars.actions) == 0


def test_no_bars_and_foreign_exchanges_are_errors(provider):
    with pytest.raises(FetchError, match="no bars from 2020-01-01"):
        provider.bars(TABLE["688158.SS"], date(2020, 1, 1), date(2020, 2, 1))
    with pytest.raises(FetchError, match="Shanghai and Shenzhen only"):
        provider.bars(TABLE["0700.HK"], *SPAN)
