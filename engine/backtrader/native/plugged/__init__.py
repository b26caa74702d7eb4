"""Our rules in a Cerebro of somebody's own."""
