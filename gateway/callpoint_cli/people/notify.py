"""``callpoint notify``: tells people outside, in a process of its own."""

from pathlib import Path
from typing import Final

import click

from callpoint_cli.errors import BAD, MISSING, USAGE, fail
from callpoint_cli.foreground import run_until_told
from callpoint_cli.journals import settings
from callpoint_cli.language import texts
from callpoint_cli.options import config_file
from callpoint_cli.output import print_json
from callpoint_cli.people.people_line import PeopleLine, about_people
from callpoint_cli.times import short
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.host.log_lines import Format
from callpoint_gateway.words.said import said
from callpoint_notify.check import check as check_notifier
from callpoint_notify.service import serve
from callpoint_people.notifications import MessageState, Notification, Notifications
from callpoint_people.outbox_file import OutboxUnusable
from callpoint_people.roles import meant, name_of

_SHOWN: Final = 50


@click.group(invoke_without_command=True)
@config_file
@click.option(
    "--log-format",
    type=click.Choice(["logfmt", "json"]),
    help="Format of the log, instead of the configuration's.",
)
@click.pass_context
def notify(context: click.Context, path: Path, log_format: Format | None) -> None:
    """Tell people outside of alarms and faults.

    It reads the journal and writes only a file of its own; the gateway does not need it.

    Example: callpoint notify -c gateway.toml
    """
    if context.invoked_subcommand is not None:
        return
    config, register = settings(path)
    run_until_told(
        "the notifier",
        lambda: serve(config, register, SystemClock()),
        log_level=config.gateway.log_level,
        log_format=log_format or config.gateway.log_format,
    )


@notify.command()
@click.option("--alarm", type=int, help="Only messages about this alarm.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
@about_people
def status(line: PeopleLine, alarm: int | None, as_json: bool) -> None:
    """Show what was sent, what waits, and why.

    Exit code 4: somebody could not be told yet.
    """
    notifications = Notifications(line.site.folder)
    try:
        found = (
            notifications.newest(_SHOWN)
            if alarm is None
            else notifications.of_alarm(alarm, _SHOWN)
        )
        open_ones = notifications.not_sent()
        channels = notifications.channels(SystemClock().wall_ms())
    except OutboxUnusable as error:
        fail(error.why, MISSING)
    if as_json:
        print_json({"channels": channels, "not_sent": open_ones, "messages": found})
    else:
        line.show(
            ["notice.channel", "notice.sent", "notice.failed", "notice.last", "notice.why"],
            [
                [
                    channel.channel,
                    str(channel.sent),
                    str(channel.failed),
                    short(channel.last_ms, line.site.zone),
                    channel.reason,
                ]
                for channel in channels
            ],
        )
        shown = {message.id: message for message in (*open_ones[:_SHOWN], *found)}
        line.show(
            ["notice.made", "notice.to", "notice.about", "notice.state", "notice.why"],
            [_row(line, shown[id]) for id in sorted(shown, reverse=True)],
        )
    if any(one.tries or one.state is MessageState.NOBODY for one in open_ones):
        raise SystemExit(BAD)


def _row(line: PeopleLine, message: Notification) -> list[str]:
    about = line.say(f"news.{message.what}", alarm=message.alarm)
    state = line.say(f"state.{message.state}", channel=message.channel)
    return [
        short(message.made_ms, line.site.zone),
        message.person or name_of(message.role).in_(line.lang),
        about,
        state,
        message.reason,
    ]


@notify.command()
@about_people
def check(line: PeopleLine) -> None:
    """See whether every channel can be used and every role has somebody; nothing is sent.

    Exit code 4: somebody would not be told.
    """
    config, _ = settings(line.path)
    with line.people() as people:
        found = check_notifier(config, people)
    if not config.notify.enabled:
        click.echo(texts().told(said("notifier.off")))
    if not found.channels:
        click.echo(texts().told(said("notifier.add_channel")))
    for channel, why in found.channels.items():
        key = "notice.unusable" if why else "notice.usable"
        click.echo(line.say(key, channel=channel, why=why or ""))
    for role, count in found.roles.items():
        key = "notice.told" if count else "notice.nobody"
        click.echo(line.say(key, role=name_of(role), count=count, word=meant(role)[0]))
    if not found.links:
        click.echo(line.say("notice.no_links"))
    if not (found.good and config.notify.enabled):
        raise SystemExit(BAD)


@notify.command()
@click.argument("person", required=False, default="")
@click.option("--all", "everybody", is_flag=True, help="To every contact.")
@click.option("--channel", default="", help="Over this channel, instead of each one's first.")
@about_people
def test(line: PeopleLine, person: str, everybody: bool, channel: str) -> None:
    """Have the running notifier send a message of test to PERSON (an id), or to --all.

    Example: callpoint notify test p-abcdefghij -c gateway.toml
    """
    if bool(person) == everybody:
        fail(said("people.person_or_all"), USAGE)
    with line.people() as people:
        if person and person not in people.ids():
            people.contact(person, line.who)  # refuses, and says so
    now_ms = SystemClock().wall_ms()
    try:
        Notifications(line.site.folder).ask_for_test(now_ms, person, channel)
    except OutboxUnusable as error:
        fail(error.why, MISSING)
    click.echo(line.say("notice.asked"))
