"""`launchlab launches`, `rules` and `strategies`: what they print, as text and as JSON."""

from pathlib import Path

import pytest

from launchlab.strategies import STRATEGIES

from ..markets.cli_fixture import LEDGER, faults, json_of, launchlab


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "week.csv"
    path.write_text(LEDGER)
    return path


def test_the_ledger_is_listed_oldest_first(ledger: Path) -> None:
    rows = json_of(launchlab("launches", "list", "--launches", ledger, "--json"))
    assert [row["id"] for row in rows] == ["glm5", "price"]
    assert rows[0]["codes"] == "2513.HK:pure_play;0700.HK:diversified"
    shown = launchlab("launches", "list", "--launches", ledger).stdout.splitlines()
    assert [line.split()[0] for line in shown] == ["id", "glm5", "price"]


def test_the_shipped_ledger_is_the_default() -> None:
    rows = json_of(launchlab("launches", "list", "--json"))
    assert any(row["announced_at"] == "2026-02-12T01:18+08:00" for row in rows)
    assert all(row["source"] for row in rows)


def test_kinds_choose_launches_and_an_unknown_kind_is_named(ledger: Path) -> None:
    rows = json_of(launchlab("launches", "list", "--launches", ledger, "--kind", "pricing", "--json"))
    assert [row["id"] for row in rows] == ["price"]
    assert "did you mean 'pricing'" in faults(launchlab("launches", "list", "--kind", "prising"))


def test_the_map_says_the_first_open_and_close_and_why(ledger: Path) -> None:
    rows = json_of(launchlab("launches", "map", "--launches", ledger, "--json"))
    first = next(row for row in rows if (row["launch"], row["code"]) == ("glm5", "2513.HK"))
    assert (first["first_open"], first["first_close"]) == ("2026-02-12", "2026-02-12")
    assert "09:15" in first["why"]
    # Friday 20 February, no clock time: known at the day's end, tradable on Monday.
    dated = next(row for row in rows if row["launch"] == "price")
    assert (dated["first_open"], dated["first_close"]) == ("2026-02-23", "2026-02-23")
    early = json_of(launchlab("launches", "map", "--launches", ledger, "--dates-known", "start", "--json"))
    assert next(row for row in early if row["launch"] == "price")["first_open"] == "2026-02-20"


def test_the_map_as_text_has_a_line_per_launch_and_code(ledger: Path) -> None:
    lines = launchlab("launches", "map", "--launches", ledger).stdout.splitlines()
    assert len(lines) == 4
    assert all(len(line) > 100 for line in lines[1:]), "nothing is cut when piped"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("id,announced_at\n", "must have the columns"),
        (LEDGER.replace("2026-02-20,date", "2026-02-31,date"), "line 3"),
        (LEDGER.replace("pricing", "prices"), "line 3"),
        (LEDGER.replace("price,", "glm5,"), "already on line 2"),
    ],
)
def test_a_bad_ledger_is_refused_by_line(ledger: Path, text: str, said: str) -> None:
    ledger.write_text(text)
    assert said in faults(launchlab("launches", "list", "--launches", ledger))


def test_the_rules_of_a_day_are_explained() -> None:
    asked = ("rules", "688158.SS", "--on", "2026-02-12", "--prev-close", "37.54")
    answer = json_of(launchlab(*asked, "--json"))
    # SSE, STAR board, 20 %: 37.54 × 1.2 = 45.048 and × 0.8 = 30.032, half-up to the cent.
    assert (answer["limit_up"], answer["limit_down"], answer["limit_pct"]) == (45.05, 30.03, 20.0)
    assert set(answer) >= {"exchange", "board", "unlimited", "tick", "lot_min", "lot_step", "settlement", "shortable",
                           "costs", "sources"}  # fmt: skip
    text = launchlab(*asked).stdout
    assert "45.05" in text
    assert "30.03" in text


def test_the_costs_of_an_order_are_itemised() -> None:
    order = ("--side", "buy", "--price", "535", "--shares", "100")
    costs = json_of(launchlab("rules", "0700.HK", "--on", "2026-02-12", *order, "--json"))["costs"]
    # 53,500 HKD at 0.1 %, rounded up to the dollar.
    assert costs["stamp"] == 54.0
    assert costs["total"] == pytest.approx(sum(value for name, value in costs.items() if name != "total"))


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("0700.HK",), "--on"),
        (("0700.HK", "--on", "soon"), "is not a day"),
        (("70O.HK", "--on", "2026-02-12"), "70O.HK"),
        (("0700.HK", "--on", "1901-01-02"), "1901"),
        (("0700.HK", "--on", "2026-02-12", "--side", "buy"), "all three or none"),
        (("688158.SS", "--on", "2026-02-12", "--prev-close", "-3"), "prev_close must be a price above zero"),
    ],
)
def test_a_question_the_book_cannot_answer_is_one_sentence(args: tuple[str, ...], said: str) -> None:
    assert said in faults(launchlab("rules", *args))


def test_every_strategy_is_listed_with_its_parameters() -> None:
    found = json_of(launchlab("strategies", "--json"))
    assert [one["name"] for one in found] == list(STRATEGIES)
    text = launchlab("strategies").stdout
    for one in found:
        assert f"{one['name']} — {one['summary']}" in text
        for parameter in one["parameters"]:
            assert parameter["help"] in text


def test_one_strategy_can_be_asked_for_and_an_unknown_one_is_named() -> None:
    assert [one["name"] for one in json_of(launchlab("strategies", "fade-gap", "--json"))] == ["fade-gap"]
    assert "did you mean 'fade-gap'" in faults(launchlab("strategies", "fade-gab"))


def test_the_ledger_to_check_is_named_as_it_stands_or_by_its_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    head = "id,announced_at,precision,company,product,kind,codes,source\n"
    Path("own.csv").write_text(
        f"{head}a,2026-02-12T01:18+08:00,exact,Acme,One,launch,2513.HK,https://example.org\n"
    )
    plain, named = (
        launchlab("launches", "check", "own.csv"),
        launchlab("launches", "check", "--launches", "own.csv"),
    )
    assert plain.exit_code == 0
    assert plain.stdout == named.stdout
    assert plain.stdout.splitlines()[-1].startswith("1 launches, ")
    both = launchlab("launches", "check", "own.csv", "--launches", "own.csv")
    assert both.exit_code == 2
    assert "both name a ledger" in both.stderr
