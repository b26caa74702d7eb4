"""The tests. Started in the background, a shell has SIGINT ignored, which children would inherit; here it counts."""

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
