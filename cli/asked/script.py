"""A whole script in the place of a strategy: what may be asked beside it, and its run."""

from typing import TYPE_CHECKING, Any

from ..terminal.echo import echo

if TYPE_CHECKING:
    from ...data.market.market import Market
    from ...engine.results.result import Result
    from .plan import Plan


DECIDED = ("strategy", "engine", "analyzers", "sizer", "stake")
NOT_SEEN = (
    "pairing",
    "exit_on",
    "minute_price",
    "give_up",
    "minutes",
    "minute_stamps",
    "futures",
    "universe",
)


def of_script(script: str, plan: "Plan", flags: dict[str, Any], *, verify: bool) -> "Plan":
    """The plan under the name of a script; what a script decides by itself is refused."""
    from dataclasses import replace

    from ...data.errors import ConfigError

    for name in DECIDED:
        if flags.get(name):
            raise ConfigError(
                f"a script decides by itself: leave out `{name.removesuffix('s')}`, or leave out `script`"
            )
    for name in NOT_SEEN:
        if flags.get(name) is not None:
            raise ConfigError(f"a script does not see `{name}`: leave it out, or leave out `script`")
    if verify or plan.judge or plan.clocks is not None or plan.settings:
        raise ConfigError(
            "a script has no parameters, second engine, judgement or clocks: leave those options out"
        )
    return replace(plan, strategy=script)


def run_script(script: str, plan: "Plan", market: "Market") -> "Result":
    """The Result of the last Cerebro that a script runs."""
    import shlex
    from dataclasses import replace
    from pathlib import Path

    from ...engine.backtest.backtest import RunOptions
    from ...strategies.loading.cerebro import run_script as run_whole
    from ..terminal.progress import working
    from .plan import DEFAULT_STRATEGY, command_line, inputs_of

    asked = f"{command_line(replace(plan, strategy=DEFAULT_STRATEGY))} --script {shlex.quote(script)}"
    options = RunOptions(
        name=Path(script).name, command=asked, inputs=inputs_of(plan), benchmark=market.benchmark
    )
    with working(f"running {script}"):
        result = run_whole(script, market, plan.config, options=options)
    warnings = (*market.warnings, *result.summary.warnings)
    for sentence in result.summary.warnings:
        echo(f"launchlab: warning: {sentence}", err=True)
    return replace(result, summary=replace(result.summary, warnings=warnings))
