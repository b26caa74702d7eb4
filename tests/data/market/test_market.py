"""One call from files to everything that a run needs, with what was left out said in sentences."""

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import launchlab as ll
from launchlab.data.panel.panel import SUSPENDED

from ...markets.cli_fixture import DAYS, write_market


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_market(tmp_path)


def load(folder: Path, **asked: object) -> ll.Market:
    return ll.load_market(launches=str(folder / "week.csv"), prices=str(folder / "bars"), **asked)


def test_a_market_has_launches_panel_and_the_first_usual_benchmark_with_bars(folder: Path) -> None:
    market = load(folder)
    assert [launch.id for launch in market.launches] == ["glm5", "price"]
    assert market.panel.codes == ("0700.HK", "2513.HK", "3033.HK")
    assert market.panel.beside == ("3033.HK",)  # a fund of the universe, which no launch concerns
    assert market.benchmark is not None
    assert market.benchmark.name == "3033.HK"
    assert len(market.benchmark.returns) == len(market.panel) == len(DAYS)
    assert market.warnings == ()


def test_a_benchmark_that_ends_early_is_said_and_the_next_of_a_list_takes_its_place(folder: Path) -> None:
    path = folder / "bars" / "3033.HK.csv"
    path.write_text("\n".join(path.read_text().splitlines()[:6]) + "\n")
    said = f"the benchmark 3033.HK has bars from {DAYS[0]} to {DAYS[4]} only"
    alone = load(folder)
    assert alone.warnings == (f"{said}: it is compared over these 5 of {len(DAYS)} sessions",)
    assert alone.benchmark is not None
    assert alone.benchmark.span == (0, 4)
    listed = load(folder, benchmark="3033.HK, 0700.HK")
    assert listed.warnings == (f"{said}: 0700.HK takes its place",)
    assert listed.benchmark is not None
    assert listed.benchmark.is_whole
    other = folder / "bars" / "0700.HK.csv"
    other.write_text("\n".join(other.read_text().splitlines()[:4]) + "\n")
    both = load(folder, benchmark="3033.HK, 0700.HK", codes="2513.HK")
    assert both.warnings == alone.warnings  # the second covers less, and takes nobody's place


def test_codes_without_bars_are_left_out_and_named(folder: Path) -> None:
    (folder / "bars" / "0700.HK.csv").unlink()
    market = load(folder)
    assert market.panel.codes == ("2513.HK", "3033.HK")
    assert market.warnings == ("no bars of 0700.HK: 1 of 2 codes are not traded",)


def test_codes_beside_the_panel_keep_their_bars(folder: Path) -> None:
    market = load(folder, beside=["3033.HK", "0700.HK"], universe="none")
    assert market.panel.codes == ("0700.HK", "2513.HK")
    assert set(market.outside) == {"3033.HK"}


def test_a_request_and_its_fields_by_name_ask_for_the_same(folder: Path) -> None:
    request = ll.MarketRequest(launches=str(folder / "week.csv"), prices=str(folder / "bars"))
    market = ll.load_market(request, start="2026-02-02", benchmark="none")
    assert str(market.panel.sessions[0]) == market.request.start == "2026-02-02"
    assert market.benchmark is None


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"strat": "2026-02-02"}, r"a market has no 'strat' \(did you mean 'start'\?\)"),
        ({"start": "2 February"}, "`start` '2 February' is not a day; write it as 2026-02-12"),
        ({"links": "knwon"}, r"`links` 'knwon' is unknown \(did you mean 'known'\?\); use one of all, known"),
        ({"universe": "nowhere.csv"}, "nowhere.csv cannot be read"),
        ({"bad_bars": "drop"}, "bad bars can be refused or suspended, not 'drop'"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_the_name_of_the_parameter(
    folder: Path, asked: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ll.LaunchlabError, match=sentence):
        load(folder, **asked)


def test_no_bars_of_any_code_names_what_to_give(folder: Path) -> None:
    ledger = folder / "week.csv"
    ledger.write_text(ledger.read_text().replace("2513.HK", "0011.HK").replace("0700.HK", "0012.HK"))
    with pytest.raises(ll.LaunchlabError, match="give bars of your own with `prices`"):
        ll.load_market(launches=str(folder / "week.csv"), start="2026-02-02")


def test_frames_in_memory_make_the_same_market_as_their_files(folder: Path) -> None:
    filed = load(folder)
    prices = {path.stem: pd.read_csv(path) for path in (folder / "bars").iterdir()}
    market = ll.load_market(launches=pd.read_csv(folder / "week.csv"), prices=prices)
    assert market.launches.rows == filed.launches.rows
    assert market.panel.codes == filed.panel.codes
    assert np.array_equal(market.panel.close, filed.panel.close, equal_nan=True)
    assert market.benchmark is not None
    assert market.benchmark.name == "3033.HK"


def test_a_panel_leaves_out_a_code_without_bars_and_keeps_the_warning(folder: Path) -> None:
    panel = ll.load_panel(["2513.HK", "0005.HK"], prices=folder / "bars")
    assert panel.codes == ("2513.HK",)
    assert panel.warnings[0]["code"] == "0005.HK"
    assert panel.warnings[0]["fault"] == "no_bars: 0005.HK has no bars and is not traded"
    with pytest.raises(ll.LaunchlabError, match=r"no bars of 0005\.HK"):
        ll.load_panel(["0005.HK"], prices=folder / "bars")


@pytest.mark.parametrize("day", ["2026/02/02", "2 February", "2026-02-30", datetime(2026, 2, 2, 9, 30)])
def test_a_day_that_is_written_otherwise_is_refused_by_its_parameter(folder: Path, day: object) -> None:
    with pytest.raises(ll.LaunchlabError, match=f"`end` '{day}' is not a day; write it as 2026-02-12"):
        ll.load_panel(["2513.HK"], "2026-01-26", day, prices=folder / "bars")


@pytest.mark.parametrize(
    "day",
    [date(2026, 2, 2), datetime(2026, 2, 2), np.datetime64("2026-02-02"), pd.Timestamp("2026-02-02")],
)
def test_a_day_may_be_of_any_type_that_has_one(folder: Path, day: object) -> None:
    assert str(load(folder, start=day).panel.sessions[0]) == "2026-02-02"


def test_members_of_the_universe_decide_neither_the_span_nor_whether_the_market_loads(folder: Path) -> None:
    fund = folder / "bars" / "3033.HK.csv"
    header, first, *rest = fund.read_text().splitlines()
    early = first.replace(first.split(",")[0], "2024-01-03")
    wrong = ",".join(
        [rest[0].split(",")[0], "5", "4", "6", "5", *rest[0].split(",")[5:]]
    )  # its high is below its low
    fund.write_text("\n".join([header, early, first, wrong, *rest[1:]]) + "\n")
    panel = load(folder, benchmark="none").panel
    assert str(panel.sessions[0]) == str(DAYS[0])
    t, i = panel.row(rest[0].split(",")[0]), panel.column("3033.HK")
    assert panel.status[t, i] == SUSPENDED
    with pytest.raises(ll.LaunchlabError, match="bar is wrong"):
        ll.load_panel(["2513.HK", "3033.HK"], prices=folder / "bars")


def test_a_ledger_of_unlisted_makers_loads_where_the_universe_has_bars(folder: Path) -> None:
    ledger = folder / "week.csv"
    row = "v4,2026-02-11,date,DeepSeek,V4,launch,,https://example.org"
    ledger.write_text("id,announced_at,precision,company,product,kind,codes,source\n" + row + "\n")
    assert set(load(folder).panel.beside) == {"0700.HK", "2513.HK", "3033.HK"}
    with pytest.raises(ll.LaunchlabError, match="concerns a listed code"):
        load(folder, universe="none")


def test_known_links_alone_leave_out_codes_linked_later_and_members_of_hindsight(folder: Path) -> None:
    ledger = folder / "week.csv"
    before, after = "2513.HK;0700.HK:diversified:2026-02-11", "2513.HK;0700.HK:diversified:2026-02-12"
    head = "id,announced_at,precision,company,product,kind,codes,source\n"
    for codes, kept in ((before, ("2513.HK", "0700.HK")), (after, ("2513.HK",))):
        ledger.write_text(
            f"{head}glm5,2026-02-12T01:18+08:00,exact,Zhipu,GLM-5,launch,{codes},https://example.org\n"
        )
        market = load(folder, links="known")
        assert tuple(one.code for one in market.launches[0].codes) == kept
        assert not any(row.hindsight for row in market.panel.universe)
        assert len(load(folder).launches[0].codes) == 2
