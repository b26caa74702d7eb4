"""Our rules in a Cerebro of somebody's own: broker, feeds and news by one call; the rest of the script stays as it is."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import backtrader as bt

from .....data.errors import ConfigError
from .....data.ledger.launch import Launches
from .....data.panel.panel import Panel
from ....config import Config
from ....judge.fill import lot_floor
from ...feeds import session_clock
from ...steps import quicken
from ..broker import NativeBroker
from ..cerebro import Future, Notices
from ..desk import NativeDesk
from ..feeds import FeedSource
from ..result import notices
from ..sealed import desk_of, kept_for, seal
from .carried import Renewed, called
from .rows import Rows, RuledFeed, Sealed

MONEY = (
    "cash, costs, slippage and fills belong to the run, not to the script; leave broker settings out and use "
    "`capital`, `slippage_bp`, `participation` and `brokerage`"
)
USUAL_CASH = 10_000.0  # of a stock broker whom nobody told otherwise


class Given(NamedTuple):
    """What a plugged broker runs on; `launches` on the portfolio's clock."""

    panel: Panel
    launches: Launches
    config: Config


class PluggedBroker(NativeBroker):
    """The rules as the broker of any Cerebro over `ruled_feeds`; sessions without a bar are caught up with."""

    def __init__(self, given: Given) -> None:
        super().__init__()
        self._rows: Rows | None = None
        self.lost: tuple[str, ...] = ()  # what of the script's own is not used, in sentences
        self.given = Sealed(given)

    def start(self) -> None:
        given = self.given.value
        cerebro, panel = self.cerebro, given.panel
        self._refuse_cheating()
        own = [data for data in cerebro.datas if isinstance(data, RuledFeed)]
        if [data._name for data in cerebro.datas[: len(own)]] != list(panel.codes):
            raise ConfigError(
                "the feeds of the market must come first, each once, as `plug` adds them; add others after it"
            )
        clock = session_clock(panel)
        sources = [FeedSource(panel, i, clock) for i in range(len(panel.codes))]
        numbers = {launch.id: k for k, launch in enumerate(given.launches)}
        seal(cerebro, Future(clock, sources, notices(given.launches, panel), numbers))
        seal(self, NativeDesk(panel, [], given.config))
        cerebro.row = -1
        self._rows = own[0].p.rows
        super().start()
        self.columns = {data: i for i, data in enumerate(own)}

    def next(self) -> None:
        """Every session up to the bars that were handed out last."""
        if self.cerebro._timerscheat:
            raise ConfigError("a timer with cheat=True acts on a day that it already sees; leave cheat out")
        assert self._rows is not None
        self.catch_up(self._rows.row)

    def catch_up(self, row: int) -> None:
        """The sessions up to a row of the market."""
        while self.cerebro.row < row:
            self.cerebro.row += 1
            super().next()

    def _refused(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ConfigError(f"{where()}{MONEY}")

    set_cash = setcash = add_cash = setcommission = addcommissioninfo = set_filler = _refused
    set_slippage_perc = set_slippage_fixed = set_coc = set_coo = set_shortcash = set_checksubmit = _refused

    def getcommissioninfo(self, data: Any) -> Any:
        return self.local[self._column(data)]

    def buy(self, owner: Any, data: Any, size: float, **terms: Any) -> Any:
        self._column(data)
        return super().buy(owner, data, size, **terms)

    def sell(self, owner: Any, data: Any, size: float, **terms: Any) -> Any:
        self._column(data)
        return super().sell(owner, data, size, **terms)

    def _column(self, data: Any) -> int:
        if data not in self.columns:
            raise ConfigError(
                f"{where()}{data._name or 'a feed'} is made of other bars and has no orders of its own; send them on the feed "
                "that it was made from"
            )
        return self.columns[data]

    def _refuse_cheating(self) -> None:
        if self.cerebro.p.cheat_on_open or self.p.coo or self.p.coc:
            raise ConfigError(
                f"{where()}cheat-on-open and cheat-on-close act on a day that is already seen; leave them out"
            )


class LaunchBell(bt.Analyzer):  # type: ignore[misc]
    """Tells a strategy with `notify_launch(launch, datas)` of launches before the first open that they can reach.

    As the first that meets a strategy when it starts, it also lets its indicators step at less cost.
    """

    def start(self) -> None:
        self.rung = 0
        cerebro = self.strategy.cerebro
        if cerebro.p.optreturn or not cerebro._dooptimize:  # whole strategies travel, and quick steps do not
            quicken(self.strategy)

    def next(self) -> None:
        cerebro = self.strategy.cerebro
        known: Notices = kept_for(cerebro).notices
        hear = getattr(self.strategy, "notify_launch", None)
        for row in range(self.rung, cerebro.row + 2):
            for number, launch, columns in known.get(row, ()):
                if hear is None:
                    continue
                cerebro.broker.answering = number
                hear(launch, [cerebro.datas[i] for i in columns])
        cerebro.broker.answering = -1
        self.rung = cerebro.row + 2

    def prenext(self) -> None:
        self.next()

    def nextstart(self) -> None:
        self.next()


class ShareOfNav(bt.Sizer):  # type: ignore[misc]
    """Sizes an order that names no size to a share of the NAV, in lots of the exchange; a sale closes what is held."""

    params = (("share", 0.1),)

    def _getsizing(self, comminfo: Any, cash: float, data: Any, isbuy: bool) -> int:
        held = self.broker.getposition(data).size
        if held and (held > 0) != isbuy:
            return int(abs(held))
        panel, column = desk_of(self.broker).panel, self.broker._column(data)
        wanted = comminfo.getsize(data.close[0], self.broker.getvalue() * self.p.share)
        row = self.strategy.cerebro.row
        return int(lot_floor(wanted, float(panel.lot_min[row, column]), float(panel.lot_step[row, column])))


def ruled_feeds(panel: Panel) -> list[RuledFeed]:
    """One feed for each code of a panel, named by it; all of one Cerebro, before any other feed."""
    rows = Rows(panel)
    feeds = [RuledFeed(rows=rows, column=i, timeframe=bt.TimeFrame.Days) for i in range(len(panel.codes))]
    for feed, code in zip(feeds, panel.codes, strict=True):
        feed._name = code
    return feeds


def ruled_broker(panel: Panel, launches: Launches, config: Config) -> PluggedBroker:
    """The broker over the feeds of the same panel."""
    timed = launches.timed(reaction_minutes=config.reaction_minutes, dates_known=config.dates_known)
    return PluggedBroker(Given(panel, timed, config))


def plugged(cerebro: bt.Cerebro, panel: Panel, launches: Launches, config: Config) -> tuple[str, ...]:
    """Put feeds, broker and the bell of launches into a Cerebro; in sentences, what of its own it lost by that."""
    if is_plugged(cerebro):
        raise ConfigError(f"{where()}this Cerebro runs under the rules already; plug it once")
    if cerebro.p.cheat_on_open:
        raise ConfigError(f"{where()}cheat-on-open shows a day before its orders are sent; leave it out")
    lost = _replaced(cerebro, panel)  # looked at before it goes
    try:
        renewed = Renewed(cerebro.datas, len(panel.codes))
    except ConfigError as error:
        raise ConfigError(f"{where()}{error}") from None
    cerebro.broker = ruled_broker(panel, launches, config)
    renewed.take(cerebro, ruled_feeds(panel))
    cerebro.addanalyzer(LaunchBell, _name=BELL)
    cerebro.broker.lost = lost
    return lost


BELL = "launch_bell"


def is_plugged(cerebro: Any) -> bool:
    """Whether a Cerebro runs under the rules."""
    return isinstance(cerebro.broker, PluggedBroker)


def desk_at_the_end(cerebro: Any) -> NativeDesk:
    """The books of a Cerebro that has run, after the last session of its market."""
    desk = desk_of(cerebro.broker)
    cerebro.broker.catch_up(len(desk.panel) - 1)
    return desk


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


def where() -> str:
    """`mine.py line 12: ` of the first frame outside of backtrader and this package; empty where there is none."""
    houses = [
        Path(__file__).parents[4] / house for house in ("cli", "data", "engine", "library", "strategies")
    ]
    homes: Sequence[Path] = (Path(bt.__file__).parent, *houses)
    frame = sys._getframe(1)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        inside = any(path.is_relative_to(home) for home in homes)
        if path.suffix == ".py" and not inside and path.is_file() and "site-packages" not in path.parts:
            return f"{path.name} line {frame.f_lineno}: "
        frame = frame.f_back  # type: ignore[assignment]
    return ""
