"""``callpoint district inhibit|drill``: what one gateway is asked to do, by its own desk."""

import click

from callpoint_cli.desk.exercise import of_a_start, show_begun, show_ended, which_one
from callpoint_cli.desk.inhibit import show_inhibit_begun, show_inhibit_ended, show_inhibits
from callpoint_cli.durations import Duration
from callpoint_cli.service.district_person import asked_at, for_a_person, json_option
from callpoint_district.settings import District
from callpoint_gateway.alarms.questions import StartExercise, StopExercise
from callpoint_gateway.control.asker import By
from callpoint_gateway.journal.entries import Mark
from callpoint_gateway.supervision.questions import (
    MAX_S,
    BeginInhibit,
    EndInhibit,
    ListInhibits,
)


@click.group()
def inhibit() -> None:
    """Hold events of a site back from its centres, if the site lets its district do that."""


@inhibit.command("begin")
@click.argument("gateway")
@click.argument("device", required=False, default="")
@click.option("--zone", type=click.IntRange(0, 255), help="Only this zone of the device.")
@click.option(
    "--place", default="", help="Every device at this place of the register, instead of DEVICE."
)
@click.option(
    "--for",
    "for_s",
    type=Duration(1, MAX_S),
    required=True,
    help="How long: 90s, 30m, 2h, 1d. At most 7d.",
)
@click.option("--reason", required=True, help="Why, for the journal; without names.")
@click.option(
    "--maintenance", is_flag=True, help="Somebody works on it: its silence is no fault either."
)
@click.option(
    "--life", is_flag=True, help="Also alarms of panic, medical, smoke and gas; at most 24h."
)
@json_option
@for_a_person
def begin(
    gateway: str,
    device: str,
    zone: int | None,
    place: str,
    for_s: int,
    reason: str,
    maintenance: bool,
    life: bool,
    as_json: bool,
    settings: District,
    by: By,
) -> None:
    """Hold events of DEVICE of GATEWAY back from every centre for a time."""
    question = BeginInhibit(
        device=device,
        zone=zone,
        place=place,
        for_s=for_s,
        reason=reason,
        maintenance=maintenance,
        life=life,
    )
    begun = asked_at(settings, gateway, question, by)
    show_inhibit_begun(begun, settings.zone, as_json)


@inhibit.command("end")
@click.argument("gateway")
@click.argument("number", type=int)
@json_option
@for_a_person
def end(gateway: str, number: int, as_json: bool, settings: District, by: By) -> None:
    """End the inhibit NUMBER of GATEWAY before its time."""
    ended = asked_at(settings, gateway, EndInhibit(number=number), by)
    show_inhibit_ended(ended, as_json)


@inhibit.command("list")
@click.argument("gateway")
@json_option
@for_a_person
def listing(gateway: str, as_json: bool, settings: District, by: By) -> None:
    """Show what is inhibited at GATEWAY."""
    found = asked_at(settings, gateway, ListInhibits(), by)
    show_inhibits(found, settings.zone, as_json)


@click.group()
def drill() -> None:
    """Exercise at a site with alarms that are marked as a drill, if the site allows it."""


@drill.command("start")
@click.argument("gateway")
@of_a_start
@click.option("--note", default="", help="A note for the record; no names, no numbers.")
@json_option
@for_a_person
def start(
    gateway: str,
    minutes: int,
    points: tuple[str, ...],
    kinds: tuple[str, ...],
    note: str,
    as_json: bool,
    settings: District,
    by: By,
) -> None:
    """Begin a drill at GATEWAY; its events from now on are marked.

    Example: callpoint district drill start g1 --minutes 30 --account op-7 --as operator -c d.toml
    """
    question = StartExercise(
        mark=Mark.DRILL,
        seconds=minutes * 60,
        points=list(points),
        kinds=list(kinds),
        note=note,
    )
    show_begun(asked_at(settings, gateway, question, by), as_json)


@drill.command("stop")
@click.argument("gateway")
@which_one
@click.option("--note", default="", help="A note for the record; no names, no numbers.")
@json_option
@for_a_person
def stop(
    gateway: str, number: int | None, note: str, as_json: bool, settings: District, by: By
) -> None:
    """End a drill at GATEWAY before its time."""
    question = StopExercise(mark=Mark.DRILL, note=note, exercise=number)
    show_ended(asked_at(settings, gateway, question, by), as_json)
