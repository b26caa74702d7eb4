"""Harmed files of settings, calendars, universes, ledgers, proposals and exports: read, or refused in one sentence."""

import csv
import io
import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from launchlab.cli.asked.plan import command_line, inputs_of, read_plan
from launchlab.data.calendars.overrides import to_additions
from launchlab.data.calendars.sessions import union_sessions
from launchlab.data.errors import ConfigError, LaunchlabError, LedgerError
from launchlab.data.instruments.table import load_instruments
from launchlab.data.ledger.ledger import load_launches
from launchlab.data.ledger.sources.export import Export
from launchlab.data.ledger.sources.proposals import merge, read_proposals, write_proposals
from launchlab.data.market.request import market_request
from launchlab.data.universe.table import load_universe
from launchlab.strategies.loading.loading import build_strategy

from .test_damaged_files import CELLS, misspelt, torn

BOOK = load_instruments()
FEW, MANY = 60, 2_000
SETTINGS = """[config]
capital = 1e6
limit_policy = "strict"
participation = 0.1
[strategy]
name = "long-short"
hold = 5
stop = 0.05
[brokerage]
hk_rate = 0.0003
[data]
start = "2026-01-05"
currency = "HKD"
codes = ["0700.HK"]
[run]
engine = "compiled"
analyzers = ["SQN"]
"""
TOML_VALUES = ("1", "-1", "1e308", "nan", "inf", '"x"', "true", "[]", "{}", "[1,[2]]", "2026-01-05", "10:00:00", '""', "9" * 400,
               '"\\u001b]0;x"', "[[]]", "{a={b=1}}", '"0700.HK"', "1979-05-27T07:32:00Z", "0x10", '"\\u0000"')  # fmt: skip
MAPPING = '[columns]\nannounced_at = "when"\ncompany = "who"\nproduct = "what"\n[fixed]\nkind = "launch"\n'
LISTED = "when,who,what\n2026-02-12T01:18,Zhipu,GLM-5\n2026-02-13,Moonshot,K3\n"
CALENDAR = (
    "exchange,day,kind,at,closed,half_days,why,source\n"
    "XHKG,2027,year,,2027-01-01;2027-02-08..2027-02-09,2027-02-05;2027-12-24,,https://example.org\n"
    "XSHG,2026-03-02,closed,,,,storm,https://example.org\nXHKG,2026-03-03,late_open,13:00,,,storm,https://example.org\n"
)
UNIVERSE = (Path(__file__).parents[2] / "data/universe/universe.csv").read_text("utf-8").splitlines()[:8]
LEDGER = (Path(__file__).parents[2] / "data/ledger/launches.csv").read_text("utf-8").splitlines()[:8]


def settings(dice: random.Random, path: Path) -> None:
    lines = SETTINGS.splitlines()
    k = dice.randrange(len(lines))
    if "=" in lines[k]:
        lines[k] = f"{lines[k].split('=')[0]}= {dice.choice(TOML_VALUES)}"
    if dice.random() < 0.3:
        dice.shuffle(lines)
    content = "\n".join(lines).encode()
    path.write_bytes(content if dice.random() < 0.7 else torn(content, dice))
    plan = read_plan(str(path), {})
    build_strategy(plan.strategy, plan.settings)
    command_line(plan)
    inputs_of(plan)


def harmed(table: str, dice: random.Random, path: Path) -> None:
    encoding = dice.choice(("utf-8", "utf-8-sig", "gb18030", "utf-16"))
    spoilt = misspelt(table, dice).encode(encoding, "replace")
    path.write_bytes(spoilt if dice.random() < 0.6 else torn(table.encode(), dice))


def calendars(dice: random.Random, path: Path) -> None:
    harmed(CALENDAR, dice, path)
    added = to_additions(path)
    first, last = np.datetime64("2026-02-01"), np.datetime64("2026-12-01")
    union_sessions(first, last, exchanges={"XHKG", "XSHG"}, added=added)


def universes(dice: random.Random, path: Path) -> None:
    harmed("\n".join(UNIVERSE) + "\n", dice, path)
    load_universe(path, BOOK)


def ledgers(dice: random.Random, path: Path) -> None:
    harmed("\n".join(LEDGER) + "\n", dice, path)
    load_launches(path, BOOK)


def exports(dice: random.Random, path: Path) -> None:
    mapping, listed = path.with_suffix(".toml"), path.with_suffix(".csv")
    mapping.write_text(MAPPING)
    listed.write_text(LISTED)
    if dice.random() < 0.5:
        lines = MAPPING.splitlines()
        k = dice.randrange(len(lines))
        lines[k] = f"{lines[k].split('=')[0]}= {dice.choice(TOML_VALUES)}"
        mapping.write_text("\n".join(lines))
    else:
        harmed(LISTED, dice, listed)
    _kept(listed, path.with_name("proposals.csv"))


def _kept(listed: Path, proposals: Path) -> str:
    rows = list(Export(str(listed)).proposals(None, None))  # type: ignore[arg-type]
    write_proposals(proposals, merge((), rows))
    assert {row.proposal.id for row in read_proposals(proposals)} == {row.id for row in rows}
    return proposals.read_text("utf-8")


def proposals(dice: random.Random, path: Path) -> None:
    listed = path.with_name("sound.csv")
    listed.with_suffix(".toml").write_text(MAPPING)
    listed.write_text(LISTED)
    sound = _kept(listed, path)
    rows = list(csv.reader(io.StringIO(sound)))
    row = dice.choice(rows)
    evidence = (json.dumps({"not_before": 1}), "[]", '{"not_after": {"url": 1}}')
    days = ("2026-02-12", "2026-02-12T00:00+99:00", "0001-01-01T00:00+08:00", "9999-12-31T23:59-08:00")
    row[dice.randrange(len(row))] = dice.choice((*CELLS, *evidence, *days))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    path.write_bytes(
        text.getvalue().encode("utf-8", "replace") if dice.random() < 0.7 else torn(sound.encode(), dice)
    )
    read = read_proposals(path)
    write_proposals(path, read)
    assert len(read_proposals(path)) == len(read)


@pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
@pytest.mark.parametrize("reader", [settings, calendars, universes, ledgers, exports, proposals])
def test_a_harmed_file_is_read_or_refused(
    tmp_path: Path, reader: Callable[[random.Random, Path], None], count: int
) -> None:
    dice = random.Random(count)
    said: list[str] = []
    for _ in range(count):
        try:
            reader(dice, tmp_path / "harmed.csv")
        except LaunchlabError as error:
            said.append(str(error))
    assert said
    assert not [text for text in said if not text.strip() or set(text) & {"\x1b", "\x07", "\x00"}]


@pytest.mark.parametrize("codes", [5, 1e308, True, 0, ["0700.HK", "0700.HK"], [], ""])
def test_codes_that_are_no_list_of_codes_are_refused(codes: object) -> None:
    with pytest.raises(ConfigError, match="`codes` must name each share once"):
        market_request({"codes": codes})


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1899-12-31"])
def test_a_day_at_the_end_of_time_is_no_launch(tmp_path: Path, day: str) -> None:
    (tmp_path / "a.toml").write_text(MAPPING)
    (tmp_path / "a.csv").write_text(f"when,who,what\n{day},Zhipu,GLM-5\n")
    with pytest.raises(LedgerError, match=r"row 1: .* is no day of a launch"):
        list(Export(str(tmp_path / "a.csv")).proposals(None, None))  # type: ignore[arg-type]
