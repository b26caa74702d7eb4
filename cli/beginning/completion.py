"""`launchlab completion`: what a shell needs to complete commands, options and their values."""

import click

from ..options import example
from ..terminal.echo import echo

SHELLS = ("bash", "zsh", "fish")


@click.command(epilog=example("launchlab completion bash >> ~/.bashrc"))
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print what a shell needs to complete launchlab's commands and options.

    Write it where your shell reads it at its start: ~/.bashrc (bash 4.4 or newer), ~/.zshrc after compinit, or
    ~/.config/fish/completions/launchlab.fish.
    """
    from click.shell_completion import get_completion_class

    root = click.get_current_context().find_root()
    found = get_completion_class(shell)
    assert found is not None  # SHELLS are those that click knows
    echo(found(root.command, {}, "launchlab", "_LAUNCHLAB_COMPLETE").source().rstrip())
