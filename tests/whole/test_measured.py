"""The table of measurements in the README: it has its place, and only that is written."""

from pathlib import Path

import pytest

from ..bench.table import BEGIN, END, README, Row, as_markdown, in_turn, with_others, write_into


def test_the_readme_has_one_place_for_the_table() -> None:
    page = README.read_text(encoding="utf-8")
    assert page.count(BEGIN) == page.count(END) == 1
    assert page.index(BEGIN) < page.index(END)


def test_only_what_stands_between_the_marks_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    table = as_markdown([Row("what \\1", "1.0 s", "2 s", "beside")])
    for _ in range(2):
        write_into(page, table)
        text = page.read_text(encoding="utf-8")
        assert text == f"before\n{BEGIN}\n{table}\n{END}\nafter\n"
    assert "| what \\1 | 1.0 s | 2 s | beside |" in text


def test_a_page_without_marks_is_refused_and_left(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing\n", encoding="utf-8")
    with pytest.raises(ValueError, match="needs a line"):
        write_into(page, "table")
    assert page.read_text(encoding="utf-8") == "nothing\n"


def test_contenders_take_turns_and_each_has_its_median() -> None:
    said: list[str] = []

    def tells(name: str, values: list[float]) -> float:
        said.append(name)
        return values.pop()

    a, b = [1.0, 5.0, 3.0], [2.0, 2.0, 9.0]
    assert in_turn(3, {"a": lambda: tells("a", a), "b": lambda: tells("b", b)}) == {"a": 3.0, "b": 2.0}
    assert said == ["a", "b"] * 3


def test_rows_measured_again_take_their_places_and_others_stay() -> None:
    table = as_markdown([Row("a", "1 s", "2 s"), Row("b", "3 s", "", "click: 4 s")])
    page = f"# page\n{BEGIN}\n{table}\n\nMeasured long ago.\n{END}\n"
    found = with_others(page, [Row("c", "5 s"), Row("a", "0.5 s", "2 s")])
    assert found == [Row("a", "0.5 s", "2 s"), Row("b", "3 s", "", "click: 4 s"), Row("c", "5 s")]
