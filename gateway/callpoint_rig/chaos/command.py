"""``callpoint chaos``: breaks real parts at random and checks that no event is lost."""

import asyncio
import json
import secrets
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import click
import msgspec
from rich.console import Console
from rich.table import Table

from callpoint_cli.errors import BAD, fail
from callpoint_rig.chaos import neighbours
from callpoint_rig.chaos.harness import Harness, Verdict
from callpoint_rig.rig_words import rig_said

# The lines of the report, each with the faults that occur in it.
CASES = {
    "no fault": ("repeats",),
    "gateway killed (SIGKILL)": ("gateway killed",),
    "broker killed, and without its memory": ("broker killed", "broker loses its session"),
    "centre killed": ("centre killed",),
    "gateway or broker frozen": ("gateway frozen", "broker frozen"),
    "disk full": ("disk full",),
    "disk errors (EIO)": ("disk errors",),
    "clock steps of hours": ("clock steps",),
    "poison and repeats": ("poison", "repeats"),
    "all of it": (),
}

_COLUMNS = ("faults", "raised", "stored", "at the centre", "sent again", "twice", "late", "lost")


class Beside(NamedTuple):
    """A line of the report with a bad neighbour, and for how many seconds it is one."""

    neighbour: type[neighbours.Neighbour]
    seconds: float


NEIGHBOURS = {
    "a centre that refuses all for 100 s": Beside(neighbours.BadCentre, 100),
    "a centre that refuses every fifth event": Beside(neighbours.CentreRefusesSome, 100),
    "a second centre that refuses for ever": Beside(neighbours.SecondCentreRefuses, 60),
    "an account that the centre does not know": Beside(neighbours.UnknownAccount, 60),
    "a centre that answers only link tests": Beside(neighbours.CentreTakesLinkTestsOnly, 60),
    "a broker that hangs up at each message": Beside(neighbours.BrokerCutsAtEachMessage, 30),
    "the session asked for 37 times a second": Beside(neighbours.StolenBoard, 60),
    "20,000 panics of one board": Beside(neighbours.FloodingBoard, 30),
    "every web server hostile": Beside(neighbours.HostileServers, 60),
}


def play(
    seed: int,
    seconds: float,
    only: tuple[str, ...] = (),
    neighbour: type[neighbours.Neighbour] | None = None,
) -> Verdict:
    """Play a run in a new temporary folder."""
    with tempfile.TemporaryDirectory(prefix="callpoint-chaos-") as folder:
        return asyncio.run(Harness(Path(folder), seed, only, neighbour=neighbour).run(seconds))


def _seed(given: int | None) -> int:
    return secrets.randbelow(1_000_000) if given is None else given


@click.group()
def chaos() -> None:
    """Break real parts at random and check that no event is lost."""


@chaos.command()
@click.option(
    "--seed", type=int, help="Number that decides the faults and their times; random by default."
)
@click.option(
    "--seconds",
    type=float,
    default=10.0,
    show_default=True,
    help="How long faults occur in a run.",
)
@click.option("--minutes", type=float, default=0.0, help="Go on with further seeds for this time.")
def run(seed: int | None, seconds: float, minutes: float) -> None:
    """Play runs until an event is lost or the time is over.

    Example: callpoint chaos run --seed 7
    """
    end_s = time.monotonic() + minutes * 60
    seed = _seed(seed)
    while True:
        verdict = play(seed, seconds)
        click.echo(json.dumps(msgspec.to_builtins(verdict)))
        if verdict.wrong:
            again = f"callpoint chaos run --seed {seed} --seconds {seconds:g}"
            fail(rig_said("chaos.again", wrong=verdict.wrong[0], command=again), BAD)
        if time.monotonic() > end_s:
            return
        seed += 1


@chaos.command()
@click.option(
    "--seed", type=int, help="Number that decides the faults and their times; random by default."
)
@click.option(
    "--seconds",
    type=float,
    default=8.0,
    show_default=True,
    help="How long faults occur in each run.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def report(seed: int | None, seconds: float, as_json: bool) -> None:
    """Print how many events are lost under each fault, and beside each bad neighbour.

    It ends with 4 if any is lost or late.

    Example: callpoint chaos report
    """
    seed = _seed(seed)
    verdicts: dict[str, Verdict] = {}
    for name, only in CASES.items():
        click.echo(f"{name} ...", err=True)
        verdicts[name] = play(seed, seconds, only)
    for name, beside in NEIGHBOURS.items():
        click.echo(f"{name} ...", err=True)
        verdicts[name] = play(seed, beside.seconds, neighbour=beside.neighbour)
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(verdicts), indent=2))
    else:
        _show(verdicts, seed)
    wrong = [f"{name}: {text}" for name, verdict in verdicts.items() for text in verdict.wrong]
    wrong += [f"{name}: {one.late} events late" for name, one in verdicts.items() if one.late]
    for text in wrong:
        click.echo(text, err=True)
    if wrong:
        fail(rig_said("chaos.not_kept", count=len(wrong), seed=seed), BAD)


def _show(verdicts: dict[str, Verdict], seed: int) -> None:
    table = Table(title=f"Events under faults (seed {seed})", title_justify="left")
    table.add_column("fault", no_wrap=True)
    for title in (
        "faults",
        "raised",
        "stored",
        "at the centre",
        "sent again",
        "twice",
        "late",
        "lost",
    ):
        table.add_column(title, justify="right")
    for name, verdict in verdicts.items():
        table.add_row(
            name,
            *(
                "-" if count is None else str(count)
                for count in (
                    sum(verdict.faults.values()),
                    verdict.raised,
                    verdict.stored,
                    verdict.delivered,
                    verdict.resent,
                    verdict.duplicates,
                    verdict.late,
                    verdict.lost,
                )
            ),
        )
    Console(file=sys.stdout, width=140, highlight=False).print(table)
