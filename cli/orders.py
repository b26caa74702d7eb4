"""`launchlab orders` and `reconcile`: what to send for the next session, and what the broker made of it."""

from typing import TYPE_CHECKING, Any

import click

from .options import UNCOMPARED, example, print_json, refuse_beside, shared, warn
from .terminal.echo import echo

if TYPE_CHECKING:
    from ..engine.orders.order import Orders
    from ..engine.orders.reconcile import Reconciled

COLUMNS = (
    "at",
    "by",
    "side",
    "code",
    "shares",
    "lots",
    "price",
    "low",
    "high",
    "value",
    "cost",
    "launch",
    "why",
    "refused",
    "if",
)
RIGHT = ("shares", "lots", "price", "low", "high", "value", "cost")


@click.command(
    epilog=example(
        "launchlab orders --on 2026-02-11",
        "launchlab orders --on 2026-02-11 --holdings holdings.csv",
        "launchlab orders --prices store --strategy buy-launch --set hold=3 --csv > orders.csv",
    )
)
@shared(*UNCOMPARED)
@click.option("--on", metavar="DAY", help="The day whose close decides [default: that of the last bar].")
@click.option(
    "--holdings", metavar="FILE", help="CSV of what you hold: code, shares, cash [default: the run's]."
)
@click.option(
    "--strategy",
    metavar="NAME",
    help="A name of `launchlab strategies`, or file.py:Class [default: long-short].",
)
@click.option(
    "--set", "settings", metavar="K=V", multiple=True, help="A parameter; also config.K=V, brokerage.K=V."
)
@click.option(
    "--config", "toml", metavar="FILE", help="TOML with [config], [strategy], [brokerage], [data]; flags win."
)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV on stdout.")
@shared("json")
def orders(
    settings: tuple[str, ...],
    toml: str | None,
    on: str | None,
    holdings: str | None,
    as_csv: bool,
    as_json: bool,
    **flags: Any,
) -> None:
    """List the orders of the next session: side, code, lots, cut-off, limits, cost and why.

    The book is that of a run until then, or --holdings. Launches that have to wait are listed with what they wait for.
    """
    from ..data.market.market import load_market
    from ..strategies.loading.loading import build_strategy
    from ..strategies.loading.orders import orders as next_orders
    from .asked.plan import left_aside, read_plan

    refuse_beside("as_json", "as_csv")
    plan = read_plan(toml, flags, settings)
    for sentence in left_aside(plan, "orders"):
        warn(sentence)
    build_strategy(plan.strategy, plan.settings)
    market = load_market(plan.market, brokerage=plan.brokerage)
    for sentence in market.warnings:
        warn(sentence)
    if market.panel.simulated and (as_json or as_csv):
        echo("launchlab: SIMULATED prices: nothing here happened on a market", err=True)
    told = next_orders(plan.strategy, market, plan.config, on=on, settings=plan.settings, holdings=holdings)
    if as_json:
        print_json(told.to_json())
    elif as_csv:
        echo(told.to_csv().rstrip("\n"))
    else:
        _print(told)


def _print(told: "Orders") -> None:
    from ..data.shown import counted
    from .terminal.tables import print_table

    if told.simulated:
        echo("SIMULATED DATA — not market prices")
    echo(
        f"{counted(len(told.orders), 'order')} of {told.strategy} for {told.session}, decided at the close of {told.known}: "
        f"NAV {told.nav:,.0f} {told.currency}, cash {told.cash:,.0f}, {counted(len(told.held), 'position')}"
    )
    rows = [{**one._asdict(), "if": one.if_} for one in told.orders]
    if rows:
        shown = [name for name in COLUMNS if any(_cell(name, row[name]) for row in rows)]
        print_table(shown, [[_cell(name, row[name]) for name in shown] for row in rows], right=RIGHT)
    if told.waiting:
        echo("\nwaiting")
        print_table(
            ("launch", "code", "announced_at", "waits for"),
            [(one.launch, one.code, one.announced_at, one.waits_for) for one in told.waiting],
        )
    for note in told.notes:
        echo(f"launchlab: {note}", err=True)


def _cell(name: str, value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    if value != value:
        return ""
    return f"{value:,.0f}" if name in ("shares", "lots", "value", "cost") else f"{value:.10g}"


@click.command(
    epilog=example(
        "launchlab reconcile runs/week fills.csv", "launchlab reconcile runs/week fills.csv --json"
    )
)
@click.argument("run", metavar="RUN")
@click.argument("fills", metavar="FILLS.csv")
@shared("json")
def reconcile(run: str, fills: str, as_json: bool) -> None:
    """Compare a broker's fills with a run's: slippage, by reason, and what only one of them has.

    FILLS.csv has session, code, shares (signed, or with a side) and price.
    """
    from ..engine.orders.reconcile import reconcile as compared
    from ..engine.results.result import load_result
    from .asked.folder import folder_of

    found = compared(load_result(folder_of(run)), fills)
    for note in found.notes:
        echo(f"launchlab: warning: {note}", err=True)
    if as_json:
        print_json(found.to_json())
    else:
        _print_fills(found)


def _print_fills(found: "Reconciled") -> None:
    from .terminal.tables import print_table

    table = found.table
    counts = ", ".join(f"{n} {who}" for who, n in table["filled"].value_counts().sort_index().items())
    total = found.slippage_bp
    echo(
        f"fills by session, code and side: {counts or 'none'}"
        + (f"; slippage {total:+.1f} bp" if total == total else "")
    )
    right = [name for name in table.columns if table[name].dtype.kind == "f"]
    for rows in (each for each in (table, found.by_reason) if len(each)):
        echo()
        print_table(
            list(rows.columns),
            [[_figure(value) for value in row] for row in rows.itertuples(index=False)],
            right=right,
        )


def _figure(value: object) -> str:
    if isinstance(value, (int, float)):
        return "" if value != value else f"{value:,.2f}".rstrip("0").rstrip(".")
    return str(value)
