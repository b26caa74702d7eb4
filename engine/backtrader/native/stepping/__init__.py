"""How a Cerebro over the feeds of a market steps."""
