"""The tables of docs/research.md: false positives and power of every test. Run: python tests/bench/calibrations/tables.py"""

from .studies import main

if __name__ == "__main__":
    raise SystemExit(main())
