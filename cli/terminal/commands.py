"""The table of commands."""

# name: (module, what it does in one line); the command is the attribute of that name in its module.
COMMANDS = {
    "backtest": ("backtest", "Trade a ledger of launches over daily bars and write the report."),
    "orders": (
        "orders",
        "List the orders of the next session: side, code, lots, cut-off, limits, cost and why.",
    ),
    "reconcile": (
        "orders",
        "Compare a broker's fills with a run's: slippage, by reason, and what only one of them has.",
    ),
    "strategies": ("strategies", "List the strategies and their parameters."),
    "launches": ("launches", "Show the launches, and when each could first be traded."),
    "universe": ("universe", "List who plays which role in a theme, and from which day."),
    "rules": ("rules", "Explain the exchange's rules for a code on a day."),
    "calendar": ("calendar", "Show sessions, half-days and closures of a year, and how far they are known."),
    "fetch": ("fetch", "Download bars into the store."),
    "data": ("fetch", "Show what the store holds."),
    "check": ("check", "Name what is wrong with the bars, by code and session."),
    "study": ("study", "Measure abnormal returns around the launches."),
    "sweep": ("sweep", "Run a strategy at every point of a grid of its parameters."),
    "warm": ("beginning.warm", "Compile the engine ahead of the first large sweep."),
    "examples": ("beginning.examples", "Write the files of the README's examples into a folder."),
    "completion": (
        "beginning.completion",
        "Print what a shell needs to complete launchlab's commands and options.",
    ),
    "report": ("report", "Write the pages of a saved run or sweep again, or compare runs."),
    "runs": ("runs", "List the saved runs, sweeps and studies of a folder."),
}
