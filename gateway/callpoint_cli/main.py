"""``callpoint``: the command with all its subcommands.

Each subcommand has a file of its own, which is imported only when the subcommand is called: so
``callpoint run`` does not load the libraries that only other subcommands need.
"""

import errno
import importlib
from collections.abc import Iterator
from contextlib import contextmanager

import click
from click.exceptions import NoSuchCommand

from callpoint_cli.errors import MISSING, fail
from callpoint_cli.help_page import LanguageContext, in_language
from callpoint_cli.language import decide, language, language_option
from callpoint_cli.output import take_any_text
from callpoint_cli.usage import in_own_language
from callpoint_gateway.words.said import said, said_by

_COMMANDS = {
    "setup": "callpoint_cli.setup.command:setup",
    "upgrade": "callpoint_cli.setup.upgrade:upgrade",
    "run": "callpoint_cli.service.run:run",
    "reload": "callpoint_cli.service.reload:reload",
    "config": "callpoint_cli.service.config:config",
    "broker": "callpoint_cli.service.broker:broker",
    "doctor": "callpoint_cli.service.doctor:doctor",
    "events": "callpoint_cli.screens.events:events",
    "journal": "callpoint_cli.service.journal:journal",
    "watch": "callpoint_cli.screens.watch:watch",
    "console": "callpoint_cli.service.console:console",
    "inhibit": "callpoint_cli.desk.inhibit:inhibit",
    "level": "callpoint_cli.desk.level:level",
    "supervision": "callpoint_cli.service.supervision:supervision",
    "alarms": "callpoint_cli.desk.alarms:alarms",
    "alarm": "callpoint_cli.desk.alarm:alarm",
    "duty": "callpoint_cli.desk.duty:duty",
    "contact": "callpoint_cli.people.contact:contact",
    "notify": "callpoint_cli.people.notify:notify",
    "rota": "callpoint_cli.people.rota:rota",
    "user": "callpoint_cli.people.user:user",
    "arm": "callpoint_cli.desk.partitions:arm",
    "disarm": "callpoint_cli.desk.partitions:disarm",
    "partitions": "callpoint_cli.desk.partitions:partitions",
    "drill": "callpoint_cli.desk.exercise:drill",
    "walktest": "callpoint_cli.desk.exercise:walktest",
    "report": "callpoint_cli.desk.report:report",
    "device": "callpoint_cli.technician.device:device",
    "firmware": "callpoint_cli.technician.firmware:firmware",
    "flash": "callpoint_cli.technician.flash:flash",
    "replace": "callpoint_cli.technician.replace:replace",
    "identity": "callpoint_cli.technician.identity:identity",
    "district": "callpoint_cli.service.district:district",
    "upstream": "callpoint_cli.service.upstream:upstream",
    "handover": "callpoint_cli.technician.handover:handover",
    "improv": "callpoint_cli.technician.improv:improv",
    "plan": "callpoint_cli.technician.plan:plan",
    "wifi": "callpoint_cli.technician.wifi:wifi",
    "orders": "callpoint_cli.technician.orders:orders",
    "labels": "callpoint_cli.technician.labels:labels",
    "simulate": "callpoint_rig.simulate:simulate",
    "demo": "callpoint_rig.demo:demo",
    "backup": "callpoint_cli.service.backup:backup",
    "restore": "callpoint_cli.service.backup:restore",
    "chaos": "callpoint_rig.chaos.command:chaos",
}


# What a write says, of a file or of the output, that finds no room.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


@contextmanager
def _no_room() -> Iterator[None]:
    """End a command that cannot write on, wherever that happens."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        fail(said("file.no_room", why=said_by(error)), MISSING)


class _Lazy(click.Group):
    context_class = LanguageContext

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        take_any_text()
        decide(ctx, args)
        with in_own_language(), _no_room():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        with in_own_language(), _no_room():
            try:
                return super().invoke(ctx)
            except OSError as error:
                # A file that the command did not expect to be without; a closed pipe has no name.
                if error.filename is None:
                    raise
                fail(said("file.wrong", file=str(error.filename), why=said_by(error)), MISSING)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in _COMMANDS and not args[0].startswith("-"):
            # click would look for the nearest names among the commands that are loaded: none.
            raise NoSuchCommand(args[0], possibilities=_COMMANDS, ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        click.Group.format_usage(in_language(self, language(ctx)), ctx, formatter)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        click.Group.format_help(in_language(self, language()), ctx, formatter)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return in_language(command, language())


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="callpoint")
def main() -> None:
    """Carries an alarm from a button to the people who must act.

    Exit codes: 0 done, 2 wrong usage or configuration, 3 something needed is not there,
    4 the job ran and its answer is bad.
    """


main.params.append(language_option())


if __name__ == "__main__":
    main()
