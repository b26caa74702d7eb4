"""The compiled engine: a table of legs through the days of a panel, from event to event."""
