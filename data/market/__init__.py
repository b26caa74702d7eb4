"""Everything that a backtest, a study or a sweep needs of the market, loaded by one call."""
