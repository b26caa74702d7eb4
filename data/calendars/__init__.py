"""When each exchange is open, and until when an order can still reach an auction."""
