"""Strategies by name, by file and by installed package; parameters from text and from TOML values."""

import os
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Literal

import pytest

from launchlab.data.errors import ConfigError
from launchlab.strategies import STRATEGIES, BuyLaunch, LongShort
from launchlab.strategies.loading import loading
from launchlab.strategies.loading.loading import build_strategy, describe, find_strategy, strategy_names
from launchlab.strategies.loading.parameters import parameters, values_of

OWN = '''
from dataclasses import dataclass
from launchlab.engine.legs import empty_legs

@dataclass(frozen=True)
class Quiet:
    """Does nothing."""
    days: int = 3
    stop: float | None = None

    def legs(self, launches, panel):
        return empty_legs(0)

@dataclass
class Broken:
    def legs(self, launches, panel):
        return {}["nothing"]

class NotADataclass:
    def legs(self, launches, panel):
        return empty_legs(0)

class NoLegs: ...
'''


class Colour(StrEnum):
    RED = "red"


@dataclass
class Everything:
    n: int = 1
    x: float = 0.5
    flag: bool = False
    word: str = "a"
    side: Literal["long", "short"] = "long"
    colour: Colour = Colour.RED
    limit: float | None = None
    names: tuple[str, ...] = ("a",)
    window: tuple[int, int] = (0, 1)
    sizes: list[float] = field(default_factory=list)
    later: dict[str, int] = field(default_factory=dict)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(OWN)
    return path


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("n", "7", 7),
        ("n", "1e3", 1000),
        ("x", "0.05", 0.05),
        ("flag", "yes", True),
        ("flag", "False", False),
        ("word", " b ", "b"),
        ("side", "short", "short"),
        ("colour", "red", Colour.RED),
        ("limit", "none", None),
        ("limit", "0.1", 0.1),
        ("names", "pure_play, supplier", ("pure_play", "supplier")),
        ("names", "", ()),
        ("window", "-5,10", (-5, 10)),
        ("sizes", "1,2.5", [1.0, 2.5]),
    ],
)
def test_a_text_becomes_the_type_of_its_field(name: str, text: str, value: object) -> None:
    parsed = parameters(Everything)[name].parse(text)
    assert parsed == value
    assert type(parsed) is type(value)


def test_toml_values_keep_their_type() -> None:
    known = parameters(Everything)
    assert known["n"].parse(7) == 7
    assert known["names"].parse(["a", "b"]) == ("a", "b")
    assert known["limit"].parse(0.25) == 0.25
    assert known["flag"].parse(True) is True


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("n", "2.5", "a whole number"),
        ("n", "nan", "a whole number"),
        ("n", "inf", "a whole number"),
        ("n", True, "a whole number"),
        ("x", "much", "a number"),
        ("flag", "perhaps", "true or false"),
        ("side", "shrt", "did you mean 'short'"),
        ("colour", "blue", "red"),
        ("limit", "off-ish", "a number or none"),
        ("window", "1", "a list of a whole number"),
        ("later", "a=1", "cannot be set as text"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_wanted(name: str, text: object, wanted: str) -> None:
    with pytest.raises(ConfigError, match=wanted):
        parameters(Everything)[name].parse(text)


def test_every_registered_strategy_builds_with_its_defaults() -> None:
    for name, cls in STRATEGIES.items():
        assert build_strategy(name) == cls()


def test_settings_reach_the_strategy() -> None:
    built = build_strategy("long-short", {"hold": "10", "stop": "none", "longs": "pure_play,supplier"})
    assert built == LongShort(hold=10, stop=None, longs=("pure_play", "supplier"))
    assert values_of(built)["longs"] == ["pure_play", "supplier"]


def test_an_own_file_is_run_once_until_it_changes(own: Path) -> None:
    first = find_strategy(f"{own}:Quiet")
    assert find_strategy(f"{own}:Quiet") is first
    own.write_text(OWN.replace("days: int = 3", "days: int = 4"))
    os.utime(own, ns=(1, 1))
    assert parameters(find_strategy(f"{own}:Quiet"))["days"].default == 4


def test_an_unknown_parameter_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'hold'"):
        build_strategy("long-short", {"hodl": "3"})


def test_an_unknown_strategy_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'long-short'"):
        find_strategy("longshort")


def test_a_strategy_of_ones_own_runs_from_its_file(own: Path) -> None:
    built = build_strategy(f"{own}:Quiet", {"days": "9"})
    assert built.strategy.days == 9
    assert len(built.legs(None, None)) == 0


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{}:Quite", "did you mean 'Quiet'"),
        ("{}:NoLegs", "method legs"),
        ("{}:NotADataclass", "must be a dataclass"),
        ("{}", "say which class"),
        ("nowhere.py:Quiet", "there is no such file"),
    ],
)
def test_a_file_that_holds_no_such_strategy_is_one_sentence(own: Path, written: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        find_strategy(written.format(own))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import nothing_of_that_name\n", "line 1: ModuleNotFoundError"),
        ("\nclass Broken(:\n", "line 2: SyntaxError"),
        ("x = 1\ny = x / 0\n", "line 2: ZeroDivisionError"),
    ],
)
def test_a_file_that_cannot_be_imported_is_blamed_with_its_line(
    tmp_path: Path, source: str, said: str
) -> None:
    path = tmp_path / "bad.py"
    path.write_text(source)
    with pytest.raises(ConfigError, match=said):
        find_strategy(f"{path}:Broken")


def test_what_a_strategy_of_ones_own_raises_is_blamed_on_its_file(own: Path) -> None:
    with pytest.raises(ConfigError, match=r"mine\.py line 17: KeyError: 'nothing'"):
        build_strategy(f"{own}:Broken").legs(None, None)  # type: ignore[arg-type]


def test_installed_packages_add_strategies(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("theirs", "launchlab.strategies:BuyLaunch", loading.GROUP)

    def points(*, group: str, name: str = "theirs") -> list[EntryPoint]:
        return [point] if (group, name) == (loading.GROUP, "theirs") else []

    monkeypatch.setattr("importlib.metadata.entry_points", points)
    monkeypatch.setattr(loading, "is_offered", lambda group: True)
    assert strategy_names()[-1] == "theirs"
    assert find_strategy("theirs") is BuyLaunch


def test_a_description_says_type_default_unit_and_help_of_every_parameter() -> None:
    for name in STRATEGIES:
        told = describe(name)
        assert told["summary"].endswith(".")
        assert all(one["help"] for one in told["parameters"])
    hold = next(one for one in describe("long-short")["parameters"] if one["name"] == "hold")
    assert (hold["type"], hold["default"], hold["unit"]) == ("int", 5, "sessions")
    stop = next(one for one in describe("long-short")["parameters"] if one["name"] == "stop")
    assert (stop["type"], stop["default"], stop["optional"]) == ("float", None, True)
    entry = next(one for one in describe("long-short")["parameters"] if one["name"] == "entry")
    assert entry["choices"] == ["open", "close", "now"]
    kinds = next(one for one in describe("long-short")["parameters"] if one["name"] == "kinds")
    assert kinds["type"] == "list[str]"
