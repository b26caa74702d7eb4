"""What a code is: its exchange, board, currency, listing and lots, by date."""
