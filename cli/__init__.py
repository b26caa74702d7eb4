"""The command line: a group whose commands are imported only when they are called, and how faults end.

Exit codes: 0 done, 2 the user's to repair (one sentence), 1 ours (a bug), 130 stopped by the user.
"""

import atexit
import errno
import gc
import os
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from types import TracebackType
from typing import Any, Never

import click

from .._version import __version__
from .terminal.commands import COMMANDS

DEBUG = "LAUNCHLAB_DEBUG"
USER_FAULT, STOPPED = 2, 130
# Objects made between two of Python's searches for cycles of them that nobody needs: more than imports make.
COLLECT_AFTER = 1_000_000
# Threads of numpy's linear algebra, which is small here: starting them would be a quarter of a short command's time.
ONE_THREAD = "OPENBLAS_NUM_THREADS"
# No place for a file is nobody's bug, wherever it happens.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


class LazyGroup(click.Group):
    """A group that knows its commands by name and line of help, and imports one only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f".{COMMANDS[cmd_name][0]}", __name__), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from ..data.errors import did_you_mean

            hint = did_you_mean(args[0], COMMANDS)
            raise click.UsageError(
                f"There is no command {args[0]!r}{hint}; `launchlab --help` lists them.", ctx
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> Never:  # type: ignore[override]
        """Run, and leave with the exit code; a fault of the user's is one sentence on stderr."""
        extra["standalone_mode"] = False
        try:
            code = super().main(args, prog_name, **extra)
        except click.Abort:
            click.echo("launchlab: stopped; nothing half-written is left behind", err=True)
            leave_threads()
            sys.exit(STOPPED)
        except click.ClickException as fault:
            from .terminal.echo import echo
            from .terminal.stray import sentence

            echo(f"launchlab: {sentence(fault)}", err=True)
            sys.exit(USER_FAULT)
        sys.exit(code if isinstance(code, int) else 0)

    def _told(self, fault: Exception, ctx: click.Context) -> str:
        """The fault in the words of the command that met it."""
        from .terminal.words import in_flags

        return in_flags(str(fault), self.get_command(ctx, ctx.invoked_subcommand or ""))

    def invoke(self, ctx: click.Context) -> Any:
        from ..data.errors import LaunchlabError

        try:
            return super().invoke(ctx)
        except LaunchlabError as fault:
            if os.environ.get(DEBUG):
                raise
            raise click.ClickException(self._told(fault, ctx)) from fault
        except OSError as error:
            if error.errno not in NO_ROOM or os.environ.get(DEBUG):
                raise
            where = f" {error.filename}" if error.filename else ""
            raise click.ClickException(
                f"the disk refused to write{where} ({error.strerror}); make room, or write elsewhere"
            ) from error


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="%(prog)s %(version)s", prog_name="launchlab")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Backtest launch announcements on Hong Kong and A-share markets, under the exchanges' own rules.

    `launchlab backtest` alone runs the embedded sample.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main() -> None:
    """The console command `launchlab`."""
    sys.excepthook = report_bug
    os.environ.setdefault(ONE_THREAD, "1")
    # Nearly all that a command's imports make stays: searching it again and again, and once more at the end, would be a
    # quarter of a short command's time.
    gc.set_threshold(COLLECT_AFTER)
    atexit.register(gc.freeze)
    cli()


def leave_threads() -> None:
    """Leave at once where a thread is still at work: Python would wait for it, and a compiler's takes a minute.

    What was done is kept by then, and what a thread makes is lost with it, not half-written: files are put in place whole.
    """
    if any(thread.is_alive() and not thread.daemon for thread in threading.enumerate()[1:]):
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(STOPPED)


def report_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say that an unexpected exception is our fault; Python then exits with 1."""
    if os.environ.get(DEBUG):
        sys.__excepthook__(kind, error, trace)
        return
    from .terminal.echo import echo

    echo(
        f"launchlab: this is a bug in launchlab, not in your input ({kind.__name__}: {error}); "
        f"run again with {DEBUG}=1 and report the traceback",
        err=True,
    )
