"""Our rules in a Cerebro of somebody's own: broker, feeds and news by one call; the rest of the script stays as it is."""

from typing import Any

import backtrader as bt

from ....data.errors import ConfigError
from ....data.ledger.launch import Launches
from ....data.panel.panel import Panel
from ...config import Config
from ...judge.fill import lot_floor
from .broker import NativeBroker
from .carried import Renewed, called
from .stepping.feeds import Rows, RuledFeed
from .stepping.loop import Given
from .stepping.sealed import desk_of, kept_for
from .where import where

RUN = bt.Cerebro.run
USUAL_CASH = 10_000.0  # of a stock broker whom nobody told otherwise


class ShareOfNav(bt.Sizer):  # type: ignore[misc]
    """Sizes an order that names no size to a share of the NAV, in lots of the exchange; a sale closes what is held."""

    params = (("share", 0.1),)

    def _getsizing(self, comminfo: Any, cash: float, data: Any, isbuy: bool) -> int:
        held = self.broker.getposition(data).size
        if held and (held > 0) != isbuy:
            return int(abs(held))
        panel, column = desk_of(self.broker).panel, self.broker.column(data)
        wanted = comminfo.getsize(data.close[0], self.broker.getvalue() * self.p.share)
        row = self.broker.row
        return int(lot_floor(wanted, float(panel.lot_min[row, column]), float(panel.lot_step[row, column])))


def ruled_feeds(panel: Panel) -> list[RuledFeed]:
    """One feed for each code of a panel, named by it; all of one Cerebro, before any other feed."""
    rows = Rows(panel)
    feeds = [RuledFeed(rows=rows, column=i, timeframe=bt.TimeFrame.Days) for i in range(len(panel.codes))]
    for feed, code in zip(feeds, panel.codes, strict=True):
        feed._name = code
    return feeds


def ruled_broker(
    panel: Panel, launches: Launches, config: Config, *, wait_for_late: bool = True
) -> NativeBroker:
    """The broker over the feeds of the same panel."""
    timed = launches.timed(reaction_minutes=config.reaction_minutes, dates_known=config.dates_known)
    return NativeBroker(Given(panel, timed, config, wait_for_late))


def plugged(cerebro: bt.Cerebro, broker: NativeBroker) -> tuple[str, ...]:
    """Put a broker and the feeds of its market into a Cerebro; in sentences, what of its own it lost by that."""
    if is_plugged(cerebro):
        raise ConfigError(f"{where()}this Cerebro runs under the rules already; plug it once")
    if cerebro.p.cheat_on_open:
        raise ConfigError(f"{where()}cheat-on-open shows a day before its orders are sent; leave it out")
    panel = kept_for(broker.given).panel
    broker.lost = _replaced(cerebro, panel)  # looked at before it goes
    try:
        renewed = Renewed(cerebro.datas, len(panel.codes))
    except ConfigError as error:
        raise ConfigError(f"{where()}{error}") from None
    cerebro.broker = broker
    renewed.take(cerebro, ruled_feeds(panel))
    return broker.lost


def is_plugged(cerebro: Any) -> bool:
    """Whether a Cerebro runs under the rules."""
    return isinstance(cerebro.broker, NativeBroker)


def run(cerebro: Any, **options: Any) -> Any:
    """As `cerebro.run`, also where the runs of a script are watched."""
    return RUN(cerebro, **options)


def _replaced(cerebro: Any, panel: Panel) -> tuple[str, ...]:
    lost = []
    if cerebro.datas:
        names = ", ".join(called(data) for data in cerebro.datas if not data._clone)
        codes = ", ".join(panel.codes)
        lost.append(
            f"the script's own feeds ({names[:200]}) are replaced by those of the market, in this order: {codes}"
        )
    broker = cerebro.broker
    if getattr(broker, "startingcash", USUAL_CASH) != USUAL_CASH:
        lost.append(
            f"the cash of {broker.startingcash:,.0f} that the script gave its broker is not used: `capital` says it"
        )
    if len(getattr(broker, "comminfo", {})) > 1 or _charges(broker):
        lost.append(
            "the commission that the script gave its broker is not used: costs are the exchange's and `brokerage`"
        )
    if changed := _changed(broker):
        lost.append(
            f"what the script set on its broker ({', '.join(changed)}) is not used: orders meet the session after they are sent, "
            "and `slippage_bp`, `participation` and `brokerage` say what they cost"
        )
    return tuple(lost)


def _changed(broker: Any) -> list[str]:
    """Names of a broker's params, but for its cash, that are not as backtrader gives them."""
    usual = type(broker).params._getpairs()
    return [name for name, value in broker.p._getkwargs().items() if name != "cash" and value != usual[name]]


def _charges(broker: Any) -> bool:
    usual = getattr(broker, "comminfo", {}).get(None)
    return usual is not None and bool(getattr(usual.p, "commission", 0.0))
