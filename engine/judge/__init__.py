"""The only place where an order is decided and its costs are counted."""
