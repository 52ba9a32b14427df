"""``callpoint``: the one command. Each subcommand lives in a file of its own and is imported
only when it is called, so that ``callpoint run`` does not load what only a terminal needs."""

import importlib

import click

_COMMANDS = {
    "run": "run:run",
    "reload": "reload:reload",
    "config": "config:config",
    "broker": "broker:broker",
    "doctor": "doctor:doctor",
    "events": "events:events",
    "journal": "journal:journal",
    "watch": "watch:watch",
    "inhibit": "inhibit:inhibit",
    "supervision": "supervision:supervision",
    "alarms": "alarms:alarms",
    "alarm": "alarm:alarm",
    "duty": "duty:duty",
    "arm": "partitions:arm",
    "disarm": "partitions:disarm",
    "partitions": "partitions:partitions",
    "drill": "exercise:drill",
    "walktest": "exercise:walktest",
    "report": "report:report",
    "device": "device:device",
    "firmware": "firmware:firmware",
    "identity": "identity:identity",
    "improv": "improv:improv",
    "simulate": "simulate:simulate",
    "demo": "demo:demo",
    "backup": "backup:backup",
    "restore": "backup:restore",
    "chaos": "chaos.command:chaos",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(f"callpoint_cli.{module}"), name)
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="callpoint")
def main() -> None:
    """Carries an alarm from a button to the people who must act.

    Exit codes: 0 done, 2 wrong usage or configuration, 3 something needed is not there,
    4 the job ran and its answer is bad.
    """


if __name__ == "__main__":
    main()
