"""Why a launch × code was not traded: how far it came, and what a user can change. Parameters stand in backticks."""

from collections.abc import Mapping

from ..choices import Skip
from ..legs import Reason

NO_SESSION = "no session left in the span"

# Position in STEPS (fates.py) of the last step to which a reason lets a launch come.
REACHED: Mapping[str, int] = {
    Skip.BEFORE_SPAN: 0, Skip.AFTER_SPAN: 0, Skip.KIND: 1, Skip.NO_NAME: 2, Skip.NO_ROLE: 3, Skip.ROLE: 3,
    Skip.OWN_LAUNCH: 3, Skip.NO_BARS: 4,
}  # fmt: skip


def blocked_words(why: Reason) -> str:
    """The reason of a blocked order in words, as fates.csv has it: `limit up`."""
    return why.label.replace("_", " ")


_WAIT = "raise `wait`, or enter at the other auction with `entry`"
_MONEY = "raise `capital`, or lower `gross`"

ADVICE: Mapping[str, str] = {
    Skip.BEFORE_SPAN: "take an earlier `start`, or add earlier bars to `prices`",
    Skip.AFTER_SPAN: "take a later `end`, or add later bars to `prices`",
    Skip.KIND: "add the kind to `kinds`",
    Skip.NO_NAME: "the column codes of the ledger is empty; name the codes that the launch concerns",
    Skip.NO_ROLE: "write the role behind the code in the ledger, as 2513.HK:issuer",
    Skip.ROLE: "name the role in the strategy's parameters, or write another behind the code in the ledger",
    Skip.NO_BARS: "add bars of the code to `prices`",
    Skip.GAP: "widen `min_gap` and `max_gap`",
    Skip.NOT_SHORTABLE: "no share to borrow that day by the rules; buy, or short another name",
    Skip.SEALED: "nothing to change: nobody sold at that price, and the next name took its place",
    Skip.NO_LEAD: "add bars of a code of the launch to `prices`",
    Skip.NO_TRADING: "nothing to change: there was no open",
    Skip.NOT_ASKED: "the strategy decides; its own conditions were not met",
    blocked_words(Reason.SUSPENDED): _WAIT,
    blocked_words(Reason.LIMIT_UP): _WAIT,
    blocked_words(Reason.LIMIT_DOWN): _WAIT,
    blocked_words(Reason.SEALED): _WAIT,
    blocked_words(Reason.UNLISTED): "the share was not listed yet; raise `wait`",
    blocked_words(Reason.NO_BAR): "the share was listed but its bars begin later; add earlier bars to `prices`",
    blocked_words(Reason.NO_PRICE): "the first session of its bars, with no close before it to size an order by; raise `wait`",
    blocked_words(Reason.BELOW_LOT): _MONEY.replace("lower", "raise"),
    blocked_words(Reason.NO_CASH): _MONEY,
    blocked_words(Reason.MARGIN): _MONEY,
    blocked_words(Reason.NOT_SHORTABLE): "no share to borrow that day by the rules; buy, or short another name",
    blocked_words(Reason.VOLUME): "raise `participation`, or lower `capital`",
    blocked_words(Reason.UNPAIRED): "its long side was not filled; take `pairing='independent'`",
    NO_SESSION: "take a later `end`, or add later bars to `prices`",
}  # fmt: skip
