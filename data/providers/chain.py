"""Several sources, asked in turn: the fittest of an exchange first."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..instruments.table import Instrument
from .provider import Provider


@dataclass(frozen=True)
class Chain:
    """Sources by name. `order` lists names by exchange, fittest first; what it does not list comes last.

    `asked` are the names in the user's own order, which goes before `order` and takes a source at its word for every
    exchange. `skipped` says which could not be asked here, and why.
    """

    sources: Mapping[str, Provider]
    order: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    asked: tuple[str, ...] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The one source's name, or `auto`, or the names in a row."""
        return ", ".join(self.asked) or "auto"

    @property
    def chooses(self) -> bool:
        """Whether a code may go to more than one source."""
        return len(self.asked) != 1

    def of(self, instrument: Instrument) -> tuple[str, ...]:
        """The names of the sources of an instrument, in the order in which they are asked."""
        if self.asked:
            return self.asked
        fit = [name for name, one in self.sources.items() if instrument.exchange in one.gives]
        order = self.order.get(instrument.exchange, ())
        return tuple(sorted(fit, key=lambda name: order.index(name) if name in order else len(order)))

    def close(self) -> None:
        """End the sessions of all sources."""
        for one in self.sources.values():
            one.close()


def chain_of(provider: Provider) -> Chain:
    """One source as a chain."""
    return Chain({provider.name: provider}, asked=(provider.name,))
