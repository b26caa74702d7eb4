"""The tables of docs/research.md: false positives and power of every test. Run: python tests/bench/calibration.py"""

from launchlab.engine.research.calibration import main

if __name__ == "__main__":
    raise SystemExit(main())
