"""Everything the engine reads: sessions × codes, in which every rule is already a number."""
