"""The tests. Started in the background, a shell has SIGINT ignored, which children would inherit; here it counts."""

import signal
from pathlib import Path

ROOT = Path(__file__).parents[1]
ANSWERS = Path(__file__).with_name("answers")  # what exchanges and hand calculations say
MARKETS = Path(__file__).with_name("markets")  # what the tests are run on, and the processes they start

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
