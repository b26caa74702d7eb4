"""One strategy over one market, on either engine."""

from typing import TYPE_CHECKING

from ...lazy import face

if TYPE_CHECKING:
    from .backtest import RunOptions as RunOptions
    from .backtest import Strategy as Strategy

__getattr__, __dir__, __all__ = face(
    __name__,
    {
        "RunOptions": ".backtest",
        "Strategy": ".backtest",
    },
)
