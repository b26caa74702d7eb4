"""Doubts about a ledger: planted duplicates found, honest rows left in peace."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from launchlab.data.ledger.companies import companies
from launchlab.data.ledger.hygiene import LAUNCHING, check_launches, near_duplicate
from launchlab.data.ledger.launch import Launch, LaunchCode, Launches
from launchlab.data.ledger.ledger import load_launches

DAY = datetime(2026, 2, 11, 9, tzinfo=UTC)
ALIASES = {row.name: row.aliases for row in companies()}


def row(
    name: str, company: str, product: str, days: float = 0, kind: str = "launch", **cells: object
) -> Launch:
    when = DAY + timedelta(days=days)
    return replace(Launch(name, when, "exact", company, product, kind, source="https://a.org/b"), **cells)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (("Zhipu", "GLM-5"), ("智谱", "GLM 5 open source"), True),
        (("Zhipu", "GLM-5"), ("Zhipu", "GLM-5.1"), False),
        (("Zhipu", "GLM-5"), ("Zhipu", "GLM-5 Turbo"), True),
        (("Alibaba", "Qwen3.5"), ("阿里巴巴", "通义千问 3.5"), True),
        (("Alibaba", "Qwen3.5"), ("Alibaba", "Wan 3.5"), False),
        (("Baidu", "ERNIE Bot"), ("百度", "文心一言"), True),
        (("Zhipu", "GLM-5"), ("MiniMax", "M2.5"), False),
        (("MiniMax", "M2.5"), ("MiniMax", "Hailuo 2.5"), False),
        (("Tencent", "Hunyuan 2.0"), ("腾讯", "混元2.0正式发布"), True),
        (("Zhipu", "Vision 5"), ("MiniMax", "Vision 5"), False),  # the same name, of two makers
        (("Zhipu / Tencent", "Vision 5"), ("腾讯", "Vision 5"), True),  # of two, and of one of them
    ],
)
def test_one_product_in_two_reports(first: tuple[str, str], second: tuple[str, str], same: bool) -> None:
    assert near_duplicate(row("a", *first), row("b", *second, days=3)) is same
    assert not near_duplicate(row("a", *first), row("b", *second, days=30))


def planted(launch: Launch, chance: random.Random) -> Launch:
    """The launch as another report would tell it: other name, spelling, day and length."""
    company = chance.choice((*ALIASES.get(launch.company, ()), launch.company))
    product = chance.choice(
        [
            launch.product.replace("-", " "),
            launch.product.upper(),
            f"{launch.company} {launch.product}",
            f"{launch.product} open source",
            f"{launch.product} 正式发布",
            f"New model {launch.product} released",
        ]
    )
    later = timedelta(hours=chance.uniform(1, 120))
    return replace(
        launch,
        id=f"{launch.id}-again",
        not_before=None,
        not_after=None,
        company=company,
        product=product,
        announced_at=launch.announced_at + later,
    )


def test_planted_duplicates_are_found_and_the_shipped_rows_are_not_called_so() -> None:
    shipped, chance = load_launches(), random.Random(7)
    asked = [launch for launch in shipped if launch.kind in LAUNCHING]
    copies = [planted(launch, chance) for launch in asked]
    doubts = check_launches(Launches((*shipped.rows, *copies)))
    found = {doubt.launch for doubt in doubts if doubt.kind == "duplicate"} | {
        doubt.other for doubt in doubts if doubt.kind == "duplicate"
    }
    recall = sum(copy.id in found for copy in copies) / len(copies)
    alarms = sum(doubt.kind == "duplicate" for doubt in check_launches(shipped)) / len(asked)
    assert recall >= 0.95, [copy.product for copy in copies if copy.id not in found]
    assert alarms <= 0.05


def test_each_doubt_names_its_row() -> None:
    own = LaunchCode("2513.HK", "pure_play")
    rows = (
        row("first", "Zhipu", "GLM-5", codes=(own,)),
        row("patch", "Zhipu", "GLM Code v0.4.12", days=5, codes=(own,)),
        row("word", "State Council", "Speech", days=0.5, kind="policy"),
        row("bare", "Zhipu", "AutoGLM", days=60, source=""),
        row("mock", "Zhipu", "CogView 5", days=90, source="https://example.org/x"),
        row("dated", "Zhipu", "GLM-6", days=148, precision="date", codes=(own,)),
        row("note", "A broker", "Zhipu started at overweight", days=149, kind="analyst", codes=(own,)),
    )
    doubts = {(one.kind, one.launch, one.other) for one in check_launches(Launches(rows))}
    assert doubts == {
        ("minor", "patch", ""),
        ("confound", "patch", "first"),
        ("beside", "first", "word"),
        ("beside", "dated", "note"),
        ("source", "bare", ""),
        ("source", "mock", ""),
        ("coarse", "dated", ""),
    }


def test_what_bounds_leave_open_is_said_by_auction() -> None:
    row = {
        "id": "glm-5", "announced_at": "2026-02-12T01:18+08:00", "precision": "upper_bound", "company": "Zhipu",
        "product": "GLM-5", "kind": "launch", "codes": "2513.HK", "source": "https://github.com/zai-org/GLM-5",
    }  # fmt: skip
    (doubt,) = check_launches(load_launches([row]))
    assert (doubt.kind, doubt.launch) == ("unbounded", "glm-5")
    (doubt,) = check_launches(load_launches([row | {"not_before": "2026-02-11"}]))
    assert doubt.kind == "coarse"
    assert (
        "2 auctions from the open of 2026-02-11 to the close of 2026-02-11 are possible at XHKG" in doubt.says
    )
    assert check_launches(load_launches([row | {"not_before": "2026-02-12"}])) == ()
