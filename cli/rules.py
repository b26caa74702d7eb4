"""`launchlab rules`: what the exchange's rules were for a code on a day."""

from typing import Any

import click

from .options import example, print_json, shared, tell


@click.command(
    epilog=example(
        "launchlab rules 688158.SS --on 2026-02-12 --prev-close 37.54",
        "launchlab rules 0700.HK --on 2026-02-12 --side buy --price 535 --shares 100",
    )
)
@click.argument("code")
@click.option("--on", "on", metavar="DAY", required=True, help="The day, such as 2026-02-12.")
@click.option(
    "--prev-close", type=float, help="The exchange's reference price: the previous close, ex-right."
)
@click.option("--side", type=click.Choice(["buy", "sell"]), help="Side of an order, for its costs.")
@click.option("--price", type=float, help="Price of the order, local currency.")
@click.option("--shares", type=int, help="Shares of the order.")
@click.option("--st", is_flag=True, help="The code was under a risk warning (ST) that day.")
@click.option("--listed-session", type=int, help="Sessions since listing, 1 on the first day.")
@click.option("--issue-price", type=float, help="Issue price, for a first day's limits.")
@shared("instruments", "json")
def rules(code: str, on: str, instruments: str | None, as_json: bool, **asked: Any) -> None:
    """Explain the exchange's rules for a code on a day.

    Price limits, lots, ticks, settlement, short selling and costs, in plain words, with their sources.
    """
    from ..data.rules.explain import explain

    answer = explain(code, on, instruments=instruments, **asked)
    if as_json:
        print_json(answer.as_json())
    else:
        tell("\n".join(answer.lines()))
