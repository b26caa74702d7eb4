"""How figures are computed and written for pages."""
