"""Help of every command, and what the table of commands promises."""

from collections.abc import Iterator

import click
import pytest

from launchlab.cli import cli
from launchlab.cli.terminal.commands import COMMANDS

from ..markets.cli_fixture import faults, launchlab


def commands(group: click.Group = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command and group below `group`, with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        yield " ".join((*path, name)), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


ALL = dict(commands())


@pytest.mark.parametrize("name", ALL)
def test_every_command_has_a_line_of_help_and_an_example_that_calls_it(name: str) -> None:
    command = ALL[name]
    first = (command.help or "").strip().partition("\n")[0]
    assert first.endswith(".")
    assert len(first) <= 100
    assert command.epilog is not None
    assert "Example:" in command.epilog
    assert f"launchlab {name}" in command.epilog


@pytest.mark.parametrize("name", ALL)
def test_every_option_says_what_it_is(name: str) -> None:
    for parameter in ALL[name].params:
        assert not isinstance(parameter, click.Option) or parameter.help, parameter.name


@pytest.mark.parametrize("name", ALL)
def test_help_shows_the_example(name: str) -> None:
    done = launchlab(*name.split(), "--help")
    assert done.exit_code == 0
    assert f"  launchlab {name}" in done.stdout


def test_the_first_help_names_every_command_with_its_own_line() -> None:
    shown = " ".join(launchlab("--help").stdout.split())
    for name, (_, line) in COMMANDS.items():
        assert f"{name} {line}" in shown
        assert (ALL[name].help or "").partition("\n")[0] == line


def test_the_version_is_the_packages() -> None:
    from launchlab import __version__

    assert launchlab("--version").stdout == f"launchlab {__version__}\n"


def test_an_unknown_command_names_the_nearest() -> None:
    assert "did you mean 'backtest'" in faults(launchlab("backtset"))


def test_no_command_at_all_shows_the_help() -> None:
    done = launchlab()
    assert "Commands:" in done.output


@pytest.mark.parametrize("words", [(), ("launches",)])
def test_a_group_without_a_command_shows_its_help(words: tuple[str, ...]) -> None:
    done = launchlab(*words)
    assert done.exit_code == 0
    assert done.stdout.startswith("Usage: launchlab")
    assert done.stderr == ""
