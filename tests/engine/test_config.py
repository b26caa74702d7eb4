"""A portfolio's rules are refused at the door, in one sentence."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from launchlab.data.errors import ConfigError
from launchlab.data.rules.brokerage import Brokerage
from launchlab.engine.config import Config, ExitOn, LimitPolicy, Pairing, config_from, read_toml


def test_the_defaults_are_the_strict_and_documented_ones() -> None:
    config = config_from({})
    assert config == Config()
    assert (config.limit_policy, config.pairing, config.exit_on) == (
        LimitPolicy.STRICT, Pairing.INDEPENDENT, ExitOn.CLOSE,
    )  # fmt: skip
    assert (config.participation, config.reaction_minutes, config.dates_known) == (0.10, 15.0, "end")
    assert config.short_collateral == 1.05


def test_words_and_numbers_are_read_as_they_are_written() -> None:
    config = config_from(
        {"capital": "500000", "limit_policy": "opened", "pairing": "matched", "exit_on": "touch"}
    )
    assert config.capital == 500_000.0
    assert (config.limit_policy, config.pairing, config.exit_on) == ("opened", "matched", "touch")


def test_an_unknown_option_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"there is no option 'capitl' \(did you mean 'capital'\?\)"):
        config_from({"capitl": 1})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("capital", 0), ("capital", -5), ("capital", 1e300), ("capital", float("nan")), ("capital", float("inf")), ("capital", "much"),
        ("participation", 0), ("participation", 1.5), ("limit_policy", "lenient"), ("exit_on", "open"),
        ("slippage_bp", -1), ("slippage_ticks", 0.5), ("reaction_minutes", -1), ("dates_known", "noon"),
        ("max_gross", 0), ("maintenance", 1), ("short_collateral", -0.1), ("participation", float("nan")),
    ],
)  # fmt: skip
def test_an_impossible_value_is_named_with_what_was_given(name: str, value: Any) -> None:
    for make in (lambda: config_from({name: value}), lambda: Config(**{name: value})):
        with pytest.raises(ConfigError, match=rf"^{name}: .*\(got "):
            make()


def test_a_number_with_thousands_commas_says_how_to_write_it() -> None:
    with pytest.raises(ConfigError, match=r"^capital: .*'10,000,000'\); write the number without commas"):
        config_from({"capital": "10,000,000"})


def test_what_the_broker_charges_is_refused_like_any_setting() -> None:
    with pytest.raises(ConfigError, match=r"^hk_rate: .*\(got -0.1\)"):
        Brokerage(hk_rate=-0.1)
    with pytest.raises(ConfigError, match=r"there is no option 'hk_rat' \(did you mean 'hk_rate'\?\)"):
        Brokerage(hk_rat=0.1)  # type: ignore[call-arg]


def test_maintenance_must_leave_room_for_a_full_portfolio() -> None:
    with pytest.raises(ConfigError, match="maintenance must be at most 1 / max_gross"):
        config_from({"max_gross": 5.0, "maintenance": 0.25})
    assert config_from({"max_gross": 4.0, "maintenance": 0.25}).max_gross == 4.0


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        Config().capital = 1.0  # type: ignore[misc]


def test_toml_is_read_or_refused_in_a_sentence(tmp_path: Path) -> None:
    good, bad, odd = tmp_path / "good.toml", tmp_path / "bad.toml", tmp_path / "odd.toml"
    good.write_text("[portfolio]\ncapital = 5e6\n")
    bad.write_text("capital = \n")
    odd.write_bytes(b"\xff\xfe")
    assert read_toml(good) == {"portfolio": {"capital": 5e6}}
    for path in (bad, odd):
        with pytest.raises(ConfigError, match="not valid TOML"):
            read_toml(path)
    with pytest.raises(ConfigError, match="there is no such file"):
        read_toml(tmp_path / "absent.toml")
