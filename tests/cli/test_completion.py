"""Completion in a shell: what is printed for it, and what it is then answered."""

import shutil
import subprocess

import pytest
from click.testing import CliRunner

from launchlab.cli import cli

from ..markets.cli_fixture import faults, launchlab


def offered(words: str) -> list[str]:
    """What bash is offered after these words, the last of them unfinished."""
    asked = {"_LAUNCHLAB_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    done = CliRunner().invoke(cli, [], prog_name="launchlab", env=asked)
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


def test_commands_are_offered_by_their_first_letters() -> None:
    assert offered("launchlab s") == ["strategies", "study", "sweep"]
    assert offered("launchlab launches ad") == ["add"]


def test_options_and_their_choices_are_offered() -> None:
    assert offered("launchlab backtest --scr") == ["--script"]
    assert offered("launchlab backtest --engine c") == ["compiled"]
    assert offered("launchlab completion ") == ["bash", "zsh", "fish"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_is_told_to_ask_the_command(shell: str) -> None:
    printed = launchlab("completion", shell).stdout
    assert f"_LAUNCHLAB_COMPLETE={shell}_complete" in printed
    if shutil.which(shell):
        assert subprocess.run([shell, "-n"], input=printed, text=True, check=False).returncode == 0


def test_another_shell_is_refused() -> None:
    done = launchlab("completion", "tcsh")
    assert done.exit_code == 2
    assert "'bash', 'zsh', 'fish'" in faults(done)
