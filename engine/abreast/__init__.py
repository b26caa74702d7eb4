"""Many portfolios abreast, session by session, in numpy: the general path's numbers to the last bit, where nothing is compiled."""
