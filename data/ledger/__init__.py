"""The launches: what was announced, when it was public, and which codes it is about."""
