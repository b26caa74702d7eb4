"""Bars kept on disk: one file for each code, a manifest, revisions."""
