"""`launchlab backtest`: ledger + bars + strategy → the folder of a run."""

from typing import TYPE_CHECKING, Any

import click

from .options import MARKET, example, print_json, say, shared, warn
from .terminal.echo import echo

if TYPE_CHECKING:
    from pathlib import Path

    from ..data.market.market import Market
    from ..engine.results.result import Result
    from .asked.plan import Plan


@click.command(
    epilog=example(
        "launchlab backtest",
        "launchlab backtest --launches week.csv --prices bars --strategy long-short --set hold=5 --out runs/week",
    )
)
@shared(*MARKET)
@click.option(
    "--strategy",
    metavar="NAME",
    help="A name of `launchlab strategies`, or file.py:Class [default: long-short].",
)
@click.option(
    "--script",
    metavar="FILE",
    help="A whole script that runs a backtrader.Cerebro, in the place of a strategy.",
)
@click.option(
    "--set", "settings", metavar="K=V", multiple=True, help="A parameter; also config.K=V, brokerage.K=V."
)
@click.option(
    "--config",
    "toml",
    metavar="FILE",
    help="TOML with [config], [strategy], [brokerage], [data], [run]; flags win.",
)
@click.option("--capital", type=float, help="Starting cash in the base currency [default: 10,000,000].")
@click.option(
    "--limit-policy",
    type=click.Choice(["strict", "opened", "ignore"]),
    help="Orders at the limit [default: strict].",
)
@click.option(
    "--pairing",
    type=click.Choice(["independent", "matched"]),
    help="Shorts sized alone, or to the filled longs.",
)
@click.option(
    "--exit-on", type=click.Choice(["close", "touch"]), help="When stop, target and trail are judged."
)
@click.option("--participation", type=float, help="Largest share of a day's volume [default: 0.1].")
@click.option("--slippage-bp", type=float, help="Basis points against the trader [default: 0].")
@click.option(
    "--minute-price",
    type=click.Choice(["open", "vwap", "worst"]),
    help="Price of a minute bar for an entry now [default: open].",
)
@click.option(
    "--give-up", type=float, metavar="MINUTES", help="How long an entry now trades [default: all session]."
)
@click.option("--reaction-minutes", type=float, help="From the news to the order [default: 15].")
@click.option(
    "--dates-known", type=click.Choice(["start", "end"]), help="When date-only launches count as known."
)
@click.option(
    "--engine",
    type=click.Choice(["backtrader", "compiled"]),
    help="Who executes the orders [default: backtrader].",
)
@click.option(
    "--analyzer",
    "analyzers",
    metavar="NAME",
    multiple=True,
    help="Of backtrader, such as DrawDown, for a backtrader.Strategy; repeatable.",
)
@shared("sizer", "stake")
@click.option("--verify", is_flag=True, help="Run both engines and stop at the first order that differs.")
@click.option(
    "--judge/--no-judge",
    default=None,
    help="Ask whether it is more than chance: placebos and a study of the names traded.",
)
@click.option(
    "--clocks",
    type=click.IntRange(0, 100_000),
    is_flag=False,
    flag_value=200,
    metavar="[DRAWS]",
    help="Bracket the result over the auctions that the launches' clocks leave open [default: no; 200 draws].",
)
@click.option(
    "--clock-days",
    type=click.FloatRange(0, 3650, min_open=True),
    metavar="DAYS",
    help="How much earlier a launch without a lower bound can have been public, for --clocks [default: 1].",
)
@click.option("--out", metavar="DIR", help="Folder of the run [default: runs/STRATEGY-START-END].")
@click.option(
    "--tearsheet/--no-tearsheet",
    "sheet",
    default=True,
    help="Draw the QuantStats tear sheet too [default: yes].",
)
@click.option("--open", "open_page", is_flag=True, help="Open the report in the browser.")
@shared("json")
def backtest(
    settings: tuple[str, ...],
    toml: str | None,
    verify: bool,
    out: str | None,
    open_page: bool,
    sheet: bool,
    as_json: bool,
    script: str | None,
    **flags: Any,
) -> None:
    """Trade a ledger of launches over daily bars and write the report.

    With no option: the shipped ledger over the embedded sample market, which is simulated.
    """
    from pathlib import Path

    from ..data.market.market import load_market
    from ..data.rules.costs import NO_HK_BROKERAGE
    from ..strategies.loading.loading import build_strategy, sized
    from .asked.folder import check_out
    from .asked.plan import read_plan
    from .asked.script import of_script, run_script

    plan = read_plan(toml, flags, settings)
    if out is not None:
        check_out(Path(out), "run")
    if script is None:
        strategy = sized(build_strategy(plan.strategy, plan.settings, plan.analyzers), plan.sizer, plan.stake)
        if plan.clocks is not None:
            from ..engine.backtest.clocks import needs_legs

            needs_legs(strategy)  # before anything runs
    else:
        plan = of_script(script, plan, flags, verify=verify)
    market = load_market(plan.market, brokerage=plan.brokerage)
    say(market, labelled=not as_json)
    folder = Path(out) if out is not None else usual_folder(plan, market)
    if out is None:
        check_out(folder, "run")
    if script is not None:
        result = run_script(script, plan, market)
    else:
        result = run(strategy, plan, market, verify=verify)
    if plan.clocks is not None:
        result = bracketed(result, strategy, plan, market, plan.clocks)
    if not as_json:
        figures(result)  # they need not wait for the pages
    write(result, folder, sheet=sheet)
    if NO_HK_BROKERAGE in result.summary.unknowns:
        echo(f"launchlab: {NO_HK_BROKERAGE}", err=True)
    if verify:
        echo(f"launchlab: {agreed(result)}", err=True)
    close(result, folder, as_json=as_json)
    if open_page:
        click.launch((folder / "index.html").resolve().as_uri())


def run(strategy: Any, plan: "Plan", market: "Market", *, verify: bool = False) -> "Result":
    """The Result of a plan over its market."""
    import sys
    from contextlib import redirect_stdout
    from dataclasses import replace

    from ..engine.backtest.backtest import BELOW_A_LOT, RunOptions
    from ..engine.backtest.without_effect import WITHOUT_EFFECT
    from ..engine.machine.watch import watching
    from ..engine.results.fates import UNTRADED
    from ..strategies.loading.backtest import backtest as run_backtest
    from .asked.plan import command_line, inputs_of
    from .terminal.progress import compiling_bar, judging, progress

    options = RunOptions(
        engine=plan.engine, name=plan.strategy, command=command_line(plan), inputs=inputs_of(plan)
    )
    # what a strategy of one's own prints must not get among the results
    with (
        compiling_bar() as compiling,
        watching(compiling),
        progress(f"{plan.strategy} on {plan.engine}", len(market.panel)) as step,
        judging(plan.judge) as told,
        redirect_stdout(sys.stderr),
    ):
        result = run_backtest(
            strategy,
            market,
            plan.config,
            options=replace(options, progress=step, judge=plan.judge, judging=told),
            verify=verify,
        )
    for hint in result.summary.warnings:
        if hint.startswith((UNTRADED, WITHOUT_EFFECT)) or hint == BELOW_A_LOT:
            warn(hint)
    return result


def bracketed(result: "Result", strategy: Any, plan: "Plan", market: "Market", draws: int) -> "Result":
    """The Result with its bracket over the auctions that the launches' clocks leave open."""
    import sys
    from contextlib import redirect_stdout

    from ..engine.machine.watch import watching
    from ..strategies.loading.clocks import clock_bracket, with_clocks
    from .terminal.progress import compiling_bar, progress

    with (
        compiling_bar() as compiling,
        watching(compiling),
        progress("clocks", draws, "runs") as step,
        redirect_stdout(sys.stderr),
    ):
        bracket = clock_bracket(
            strategy, market, plan.config, draws=draws, unbounded_days=plan.clock_days, on_progress=step
        )
    return with_clocks(result, bracket)


def agreed(result: "Result") -> str:
    """What `--verify` found: had the engines differed, there would be no result."""
    counts = (
        f"{len(result.fills):,} fills, {len(result.blocks):,} blocked orders, {len(result.equity):,} sessions"
    )
    return f"verified: both engines give the same {counts}"


def usual_folder(plan: "Plan", market: "Market") -> "Path":
    """runs/STRATEGY-START-END; a strategy of one's own gives the name of its class."""
    from pathlib import Path

    name = Path(plan.strategy.rpartition(":")[2]).stem
    return Path("runs") / f"{name}-{market.panel.sessions[0]}-{market.panel.sessions[-1]}"


def figures(result: "Result") -> None:
    """The run in a few lines on stdout."""
    import sys

    from ..reports.terminal import print_figures

    print_figures(result, written=True)
    sys.stdout.flush()


def write(result: "Result", folder: "Path", *, sheet: bool) -> None:
    """All files of a run."""
    from ..reports import write_report
    from .terminal.progress import working

    with working("writing the report"):
        write_report(result, folder, sheet=sheet)


def close(result: "Result", folder: "Path", *, as_json: bool) -> None:
    """What is said once all is written: the run as JSON, or where its report is."""
    if as_json:
        print_json(result.summary.to_json())
        echo(f"launchlab: report in {folder}", err=True)
        return
    from ..reports.terminal import print_place

    print_place(folder)
