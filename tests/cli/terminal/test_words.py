"""What the library says of its parameters reaches a user of the command line as flags and commands."""

import click
import pytest

from launchlab.cli.terminal.words import in_flags

BACKTEST = click.Command(
    "backtest",
    params=[
        click.Option(["--bad-bars"]),
        click.Option(["--set", "settings"]),
        click.Option(["--page/--no-page"]),
    ],
)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("check `bad_bars`", "check --bad-bars"),
        ("with `bad_bars='suspend'`", "with --bad-bars suspend"),
        ("write `hold=5` or `config.slippage_bp=5`", "write --set hold=5 or --set config.slippage_bp=5"),
        ("with `page=False`", "with --no-page"),
        ("run `ll.fetch('0700.HK', refresh=True)`", "run `launchlab fetch 0700.HK --refresh`"),
        ("run `ll.fetch(provider='files')`", "run `launchlab fetch --provider files`"),
        ("a method `legs(launches, panel)`", "a method `legs(launches, panel)`"),
        ("the column `codes`", "the column `codes`"),
    ],
)
def test_a_parameter_becomes_its_flag_and_a_function_its_command(said: str, told: str) -> None:
    assert in_flags(said, BACKTEST) == told


def test_a_parameter_that_is_no_flag_of_the_command_stays_as_it_is() -> None:
    assert in_flags("`bad_bars='suspend'`", click.Command("rules")) == "`bad_bars='suspend'`"
    assert in_flags("`start`", None) == "`start`"


def test_the_flags_of_a_group_are_those_of_its_commands() -> None:
    group = click.Group("launches", commands={"map": click.Command("map", params=[click.Option(["--kind"])])})
    assert in_flags("`kind`", group) == "--kind"
