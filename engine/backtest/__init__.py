"""One strategy over one market, on either engine."""
