"""What to run: the tables of a TOML file with the flags of the command line over them."""

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ...data.calendars.overrides import FROM_BARS, PUBLISHED
from ...data.errors import ConfigError, did_you_mean
from ...data.market.request import FIELDS, SAMPLE_MINUTES, MarketRequest, market_request
from ...data.rules.brokerage import Brokerage, brokerage_from
from ...engine.config import Config, config_from, read_toml
from ...engine.results.summary import Inputs

DEFAULT_STRATEGY = "long-short"
CLOCK_DAYS, MOST_DAYS, MOST_DRAWS = 1.0, 3_650, 100_000
# Fields of Config that have a flag of their own.
FLAGS = (
    "capital",
    "limit_policy",
    "pairing",
    "exit_on",
    "participation",
    "slippage_bp",
    "minute_price",
    "give_up",
    "reaction_minutes",
    "dates_known",
)
PATHS = ("launches", "prices", "instruments", "fx", "universe", "futures")


@dataclass(frozen=True)
class Plan:
    """One run as it was asked for."""

    market: MarketRequest = field(default_factory=MarketRequest)
    strategy: str = DEFAULT_STRATEGY
    settings: Mapping[str, Any] = field(default_factory=dict)
    config: Config = field(default_factory=lambda: config_from({}))
    brokerage: Brokerage = field(default_factory=Brokerage)
    engine: str = "backtrader"
    analyzers: tuple[str, ...] = ()
    sizer: str | None = None
    stake: int | None = None
    judge: bool = False
    clocks: int | None = None
    clock_days: float = CLOCK_DAYS


TABLES: Mapping[str, tuple[str, ...] | None] = {
    "config": None,
    "brokerage": None,
    "strategy": None,
    "data": FIELDS,
    "run": ("engine", "analyzers", "sizer", "stake", "judge", "clocks", "clock_days"),
}


def read_plan(path: str | None, flags: Mapping[str, Any], settings: Iterable[str] = ()) -> Plan:
    """The plan of a TOML file (or none) with the flags that were given over it.

    `flags` are named as the fields of MarketRequest and Config, `engine` and `strategy`; None means not given. `settings` are
    `name=value` texts for the strategy, or `config.name=value` and `brokerage.name=value`.
    """
    tables = _tables(Path(path)) if path is not None else {name: {} for name in TABLES}
    given = {name: value for name, value in flags.items() if value is not None}
    if not given.get("analyzers"):
        given.pop("analyzers", None)
    for name in TABLES["run"] or ():
        if name in given:
            tables["run"][name] = given.pop(name)
    if "strategy" in given:
        if given["strategy"] != tables["strategy"].get("name"):
            tables["strategy"] = {}  # the parameters in the file belong to another strategy
        tables["strategy"]["name"] = given.pop("strategy")
    for table, name, value in map(_setting, settings):
        tables[table][name] = value
    for name, value in given.items():
        tables["data" if name in TABLES["data"] else "config"][name] = value  # type: ignore[operator]
    strategy, run = dict(tables["strategy"]), tables["run"]
    if "clock_days" in run and run.get("clocks") is None:
        raise ConfigError(
            "`clock_days` says how far `clocks` look back, and does nothing without them; give `clocks` too"
        )
    return Plan(
        market=market_request(tables["data"]),
        strategy=str(strategy.pop("name", DEFAULT_STRATEGY)),
        settings=strategy,
        config=config_from(tables["config"]),
        brokerage=brokerage_from(tables["brokerage"]),
        engine=str(run.get("engine", "backtrader")),
        analyzers=_words(run.get("analyzers", ())),
        sizer=_sizer(run.get("sizer")),
        stake=_stake(run.get("stake")),
        judge=_judge(run.get("judge", False)),
        clocks=_clocks(run.get("clocks")),
        clock_days=_clock_days(run.get("clock_days", CLOCK_DAYS)),
    )


def left_aside(plan: Plan, command: str, *, counts: Iterable[str] = ()) -> list[str]:
    """What [run] of a file says that a command other than `backtest` does not do, one sentence; `counts` are what it does."""
    usual = Plan()
    names = [
        name
        for name in TABLES["run"] or ()
        if name not in tuple(counts) and getattr(plan, name) != getattr(usual, name)
    ]
    if not names:
        return []
    listed = ", ".join(f"`{name}`" for name in names)
    return [
        f"without effect: {listed} of [run] in the file; `launchlab {command}` does not use what belongs to one run"
    ]


def _words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise ConfigError(f'analyzers must be a list of names such as ["DrawDown"], not {value!r}')
    return tuple(value)


def _sizer(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ConfigError(f'`sizer` must be a name such as "PercentSizer", not {value!r}')
    return value


def _stake(value: Any) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise ConfigError(f"`stake` must be a number of shares, not {value!r}")
    return value


def _judge(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"`judge` must be true or false, not {value!r}")
    return value


def _clocks(value: Any) -> int | None:
    if value is not None and (
        isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_DRAWS
    ):
        raise ConfigError(f"`clocks` must be a number of draws from 0 to {MOST_DRAWS:,}, not {value!r}")
    return value


def _clock_days(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= MOST_DAYS:
        raise ConfigError(
            f"`clock_days` must be a number of days above 0 and at most {MOST_DAYS:,}, not {value!r}"
        )
    return float(value)


def inputs_of(plan: Plan) -> Inputs:
    """What a summary says was asked for."""
    inputs = Inputs.of(plan.market)
    return replace(inputs, analyzers=plan.analyzers, brokerage=plan.brokerage.model_dump(mode="json"))


def command_line(plan: Plan) -> str:
    """The shortest `launchlab backtest` command that asks for the same, without where the report goes."""
    words = ["launchlab", "backtest"]
    for each in fields(MarketRequest):
        value = getattr(plan.market, each.name)
        if value != each.default:
            words += [f"--{each.name.replace('_', '-')}", str(value)]
    if plan.strategy != DEFAULT_STRATEGY:
        words += ["--strategy", plan.strategy]
    for name, value in plan.settings.items():
        words += ["--set", f"{name}={','.join(map(str, value)) if isinstance(value, list) else value}"]
    words += _changed("config", plan.config, config_from({}))
    words += _changed("brokerage", plan.brokerage, Brokerage())
    if plan.engine != "backtrader":
        words += ["--engine", plan.engine]
    for name in plan.analyzers:
        words += ["--analyzer", name]
    for flag, value in (("--sizer", plan.sizer), ("--stake", plan.stake)):
        words += [] if value is None else [flag, str(value)]
    words += ["--judge"] if plan.judge else []
    if plan.clocks is not None:
        words += ["--clocks", str(plan.clocks)]
        words += [] if plan.clock_days == CLOCK_DAYS else ["--clock-days", f"{plan.clock_days:.12g}"]
    return shlex.join(words)


def _changed(table: str, model: BaseModel, usual: BaseModel) -> list[str]:
    """The flag, or `--set table.name=value`, of every field that is not the usual one."""
    values, default = model.model_dump(mode="json"), usual.model_dump(mode="json")
    words: list[str] = []
    for name, value in values.items():
        if value != default[name]:
            flagged = table == "config" and name in FLAGS
            words += (
                (f"--{name.replace('_', '-')}", str(value))
                if flagged
                else ("--set", f"{table}.{name}={value}")
            )
    return words


def _tables(path: Path) -> dict[str, dict[str, Any]]:
    """The tables of a file, each there, checked by name; its paths are relative to its own folder."""
    document = read_toml(path)
    for name, table in document.items():
        if name not in TABLES:
            raise ConfigError(
                f"{path}: there is no table [{name}]{did_you_mean(name, TABLES)}; tables are {', '.join(TABLES)}"
            )
        if not isinstance(table, dict):
            raise ConfigError(f"{path}: {name} must be a table; write [{name}] on its own line")
        keys = TABLES[name]
        for key in table:
            if keys is not None and key not in keys:
                raise ConfigError(
                    f"{path}: [{name}] has no {key!r}{did_you_mean(key, keys)}; it has {', '.join(keys)}"
                )
    tables = {name: dict(document.get(name, {})) for name in TABLES}
    named = tables["data"].get("calendar")
    own = ("minutes",) if tables["data"].get("minutes") not in (None, SAMPLE_MINUTES) else ()
    for name in (*PATHS, *own) if named in (None, FROM_BARS, PUBLISHED) else (*PATHS, *own, "calendar"):
        if tables["data"].get(name, "none") != "none":
            tables["data"][name] = str(path.parent / str(tables["data"][name]))
    return tables


def _setting(text: str) -> tuple[str, str, str]:
    """Table, name and value of `name=value`."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ConfigError(f"--set {text!r} is not of the form name=value, such as hold=5")
    table, dot, inner = name.strip().partition(".")
    if not dot:
        if table == "name":
            raise ConfigError(f"--set {text!r} names no parameter; write --strategy {value.strip()}")
        if table in Config.model_fields:
            raise ConfigError(
                f"{table} belongs to the portfolio, not to the strategy; write --set config.{text.strip()}"
            )
        return "strategy", table, value.strip()
    if table not in ("config", "brokerage"):
        raise ConfigError(f"--set {text!r}: before the dot stands config or brokerage, not {table!r}")
    return table, inner, value.strip()
