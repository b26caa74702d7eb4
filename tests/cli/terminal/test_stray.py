"""A value that follows no option is told which option it was meant for."""

import pytest
from click.testing import CliRunner

from launchlab.cli import cli


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["backtest", "sector-pair"], "'sector-pair' follows no option; write --strategy sector-pair"),
        (["backtest", "mine.py:Mine"], "'mine.py:Mine' follows no option; write --strategy mine.py:Mine"),
        (["sweep", "mine.csv", "more"], "'mine.csv' follows no option; write --launches mine.csv"),
        (["backtest", "run.toml"], "'run.toml' follows no option; write --config run.toml"),
        (["backtest", "bars"], "'bars' follows no option; `launchlab backtest --help` lists the options"),
        (
            ["universe", "mine.csv"],
            "'mine.csv' follows no option; `launchlab universe --help` lists the options",
        ),
    ],
)
def test_a_stray_value_is_told_its_option(typed: list[str], told: str) -> None:
    ended = CliRunner().invoke(cli, typed, prog_name="launchlab")
    assert (ended.exit_code, ended.stderr) == (2, f"launchlab: {told}\n")
