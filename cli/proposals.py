"""`launchlab launches import`, `proposals`, `accept` and `add`: how a ledger grows."""

from typing import TYPE_CHECKING, Any

import click

from .options import example, print_json, refuse_without, shared, tell, warn
from .terminal.echo import echo

if TYPE_CHECKING:
    from ..data.ledger.sources.proposals import Proposed

FROM = click.option(
    "--from",
    "proposals",
    metavar="FILE",
    default="proposals.csv",
    show_default=True,
    help="File of proposals.",
)
LEDGER = click.option("--ledger", metavar="FILE", required=True, help="Your ledger; made if it is not there.")


@click.command(
    "import",
    epilog=example(
        "launchlab launches import github:zai-org hf:deepseek-ai --since 2026-01-01",
        "launchlab launches import rss:https://example.org/feed.xml file:news.csv --mapping news.toml",
    ),
)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--since", metavar="DAY", help="Only launches public on this day or later.")
@click.option("--out", metavar="FILE", default="proposals.csv", show_default=True, help="File of proposals.")
@click.option("--mapping", metavar="TOML", help="What the columns of a file: source hold.")
@shared("json")
def import_(
    sources: tuple[str, ...], since: str | None, out: str, mapping: str | None, as_json: bool
) -> None:
    """Propose launches from where they happen; a person accepts them.

    A SOURCE is github:OWNER[/REPOSITORY], hf:ORGANISATION, rss:ADDRESS, gharchive:FILE[#OWNER] or file:NAME.csv. Tokens
    are taken from GITHUB_TOKEN and HF_TOKEN. What was read is kept, and asked for again only where it changed.
    """
    from pathlib import Path

    from ..data.dated import to_day
    from ..data.ledger.sources.imports import import_launches
    from .terminal.progress import progress

    with progress("reading sources", len(sources), "sources") as step:
        report = import_launches(
            sources,
            out=Path(out),
            since=to_day(since, "since") if since else None,
            mapping=Path(mapping) if mapping else None,
            on_progress=step,
        )
    if as_json:
        counted = {"new": report.new, "known": report.known, "failed": report.failed}
        left = {word: [one._asdict() for one in found] for word, found in report.left_out.items()}
        print_json({"path": str(report.path), **counted, "left_out": left})
    else:
        for word, new in report.new.items():
            tell(f"{word}: {new} new, {report.known[word]} known")
        if report.new:
            echo(
                f"proposals: {report.path} (see them with: launchlab launches proposals --from {report.path})"
            )
    for word, apart in report.left_out.items():
        warn(f"{word}: {len(apart)} left out, the first {apart[0].title!r}: {apart[0].why}")
    for word, why in report.failed.items():
        warn(f"{word}: {why}")
    if report.failed:
        raise click.ClickException(
            f"{len(report.failed)} of {len(sources)} sources failed; run it again to go on"
        )


@click.command("proposals", epilog=example("launchlab launches proposals --from proposals.csv"))
@FROM
@click.option("--status", type=click.Choice(["proposed", "accepted", "refused"]), help="Only these.")
@shared("json")
def proposals_(proposals: str, status: str | None, as_json: bool) -> None:
    """List proposals: between which instants each became public, and whose shares it may concern."""
    rows = [row for row in _read(proposals) if status in (None, row.status)]
    if as_json:
        print_json([_told(row) for row in rows])
        return
    from .terminal.tables import print_table

    columns = ("id", "status", "company", "product", "not_before", "not_after", "suggested")
    told = (_told(row) for row in rows)
    print_table(columns, ([row[name] for name in columns] for row in told))


@click.command(
    "accept",
    epilog=example(
        "launchlab launches accept zai-org-glm-5-v1.0 --ledger ledger.csv --codes 2513.HK",
        "launchlab launches accept --all --suggested --ledger ledger.csv",
    ),
)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--all", "everything", is_flag=True, help="All that are still proposed.")
@click.option("--codes", metavar="CELL", help="Codes of the one ID, such as '9988.HK:issuer;2513.HK:rival'.")
@click.option("--suggested", is_flag=True, help="Take the codes that are suggested.")
@click.option("--shipped", is_flag=True, help="Begin a new ledger with the shipped launches.")
@FROM
@LEDGER
def accept(ids: tuple[str, ...], everything: bool, codes: str | None, suggested: bool, **files: Any) -> None:
    """Append proposals to a ledger of your own."""
    from pathlib import Path

    from ..data.errors import ConfigError
    from ..data.ledger.hygiene import check_launches
    from ..data.ledger.ledger import load_launches
    from ..data.ledger.sources.proposals import accept as accept_proposals
    from ..data.ledger.sources.proposals import suggested as suggested_for

    if bool(ids) == everything:
        raise ConfigError("name the proposals to accept, or give --all")
    if codes and (len(ids) != 1 or suggested):
        raise ConfigError("--codes belong to one proposal, and not beside --suggested")
    cells = {ids[0]: codes} if codes else {}
    if suggested:
        rows = [row.proposal for row in _read(files["proposals"]) if everything or row.proposal.id in ids]
        cells = {one.id: ";".join(link.cell for link in suggested_for(one)) for one in rows}
    ledger = Path(files["ledger"])
    launches = accept_proposals(
        ids, proposals=Path(files["proposals"]), ledger=ledger, codes=cells, shipped=files["shipped"]
    )
    for launch in launches:
        row = launch.as_row()
        echo(f"{launch.id}  {row['announced_at']} ({launch.precision})  {row['codes'] or 'no listed code'}")
    counted = "1 launch" if len(launches) == 1 else f"{len(launches)} launches"
    echo(f"{counted} appended to {ledger}")
    accepted = {launch.id for launch in launches}
    for doubt in check_launches(load_launches(ledger)):
        if doubt.kind == "duplicate" and accepted & {doubt.launch, doubt.other}:
            warn(f"{doubt.launch}: {doubt.says}")


@click.command(
    "add",
    epilog=example(
        "launchlab launches add glm-6 --ledger ledger.csv --at 2026-09-01T10:00+08:00 --company Zhipu --product GLM-6"
        " --codes 2513.HK --source https://github.com/zai-org",
        "launchlab launches add glm-6 --correct --ledger ledger.csv --at 2026-09-01T09:05+08:00",
    ),
)
@click.argument("id_", metavar="ID")
@click.option("--at", help="Instant, or a day.")
@click.option("--upper-bound", is_flag=True, help="Public no later than --at.")
@click.option("--not-before", metavar="INSTANT", help="Public no earlier than this.")
@click.option("--not-after", metavar="INSTANT", help="Public no later than this.")
@click.option("--company", help="Who launched it.")
@click.option("--product", help="What was launched.")
@click.option("--kind", help="Kind of event [default: launch].")
@click.option("--codes", metavar="CELL", help="Codes concerned, such as '2513.HK;0700.HK:diversified'.")
@click.option("--source", help="A page that says when it was public.")
@click.option("--note", help="Anything else.")
@click.option(
    "--correct", is_flag=True, help="Correct the row ID of the ledger, which stays; give what changes."
)
@click.option("--recorded", metavar="INSTANT", help="When it was corrected [default: now].")
@LEDGER
def add(id_: str, ledger: str, correct: bool, recorded: str | None, **cells: Any) -> None:
    """Append one launch to a ledger of your own, or a correction; what is not given is asked for."""
    from pathlib import Path

    from ..data.errors import ConfigError
    from ..data.ledger.ledger import load_launches
    from ..data.ledger.sources.proposals import append
    from ..data.ledger.sources.revisions import correction

    refuse_without("upper_bound", "at")
    bound = cells.pop("upper_bound")
    if not correct:
        if recorded:
            raise ConfigError("--recorded says when a row was corrected; give --correct with it")
        cells = {name: _asked(name, cell) for name, cell in cells.items()}
    given = {name: cell for name, cell in cells.items() if cell is not None}
    if "at" in given:
        given["announced_at"] = at = given.pop("at")
        day = len(at.strip()) <= len("2026-02-12")
        bound = bound or "not_before" in given or "not_after" in given
        given["precision"] = "date" if day else "upper_bound" if bound else "exact"
    if correct:
        launch = correction(id_, given, ledger=Path(ledger), recorded=recorded)
    else:
        (launch,) = load_launches([{"id": id_, **given}])
    append(launch, Path(ledger))
    echo(f"{launch.id} {'corrected in' if correct else 'appended to'} {ledger}")


ASKED = {
    "at": ("Public at (such as 2026-02-12T01:18+08:00, or a day)", None),
    "company": ("Company", None),
    "product": ("Product", None),
    "codes": ("Codes (such as 2513.HK;0700.HK:diversified)", ""),
    "source": ("Source (an address)", None),
}


def _asked(name: str, cell: str | None) -> str | None:
    """A cell of a new launch: as it was given, else asked for, else what is usual."""
    if cell is not None:
        return cell
    if name in ASKED:
        question, usual = ASKED[name]
        return str(click.prompt(question, default=usual))
    return "launch" if name == "kind" else None


def _read(file: str) -> "tuple[Proposed, ...]":
    from pathlib import Path

    from ..data.errors import LedgerError
    from ..data.ledger.sources.proposals import read_proposals

    if not Path(file).is_file():
        raise LedgerError(f"there is no file of proposals {file}; `launchlab launches import` writes one")
    return read_proposals(Path(file))


def _told(row: "Proposed") -> dict[str, object]:
    """One proposal as a line: its cells, and who may be concerned and why."""
    from ..data.ledger.sources.proposals import suggested

    links = suggested(row.proposal)
    cells = row.as_row()
    return {
        **{
            name: cells[name]
            for name in ("id", "status", "company", "product", "kind", "not_before", "not_after")
        },
        "codes": cells["codes"],
        "suggested": "; ".join(f"{link.cell} ({link.reason})" for link in links),
        "source": cells["source"],
    }
