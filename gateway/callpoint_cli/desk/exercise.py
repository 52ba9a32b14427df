"""``callpoint drill`` and ``callpoint walktest``: exercises whose alarms are marked as such."""

from collections.abc import Callable
from pathlib import Path

import click

from callpoint_cli.asking import asked
from callpoint_cli.desk.desk_line import DeskLine, at_the_desk, json_option
from callpoint_cli.journals import config_option, locate, state_dir_option
from callpoint_cli.language import texts
from callpoint_cli.output import print_json
from callpoint_gateway.alarms.exercises import LONGEST_S, USUAL_S
from callpoint_gateway.alarms.questions import (
    AskExercises,
    ExerciseView,
    StartExercise,
    StopExercise,
)
from callpoint_gateway.host.printable import printable
from callpoint_gateway.journal.entries import Mark
from callpoint_gateway.words.words import Words
from callpoint_protocol import names

which_one = click.option(
    "--number", type=int, help="Which one, if several run; `status` shows it."
)


@click.group()
def drill() -> None:
    """Exercise with alarms that are marked as a drill.

    They are recorded, and no centre dispatches anybody. The gateway tells the alarm centre when
    the drill begins and ends. Operators handle its alarms as they handle real alarms; the end of
    the drill closes them.
    """


@click.group()
def walktest() -> None:
    """Test the sensors without opening alarms.

    Trigger each sensor. The gateway tells the alarm centre when the test begins and ends.
    ``status`` lists the zones that are still to be tested.
    """


def _status(found: ExerciseView, words: Words) -> str:
    return words("exercise.running", **_called(found, words))


def _started(found: ExerciseView, words: Words) -> str:
    return words("exercise.started", **_called(found, words))


def _stopped(found: ExerciseView, words: Words) -> str:
    return words("exercise.stopped", **_called(found, words))


def _called(found: ExerciseView, words: Words) -> dict[str, str]:
    called = f"{words.mark(found.mark.value)} {found.exercise}"
    return {"called": called, "age": words.age(found.left_ms)}


def _show(head: Callable[[ExerciseView, Words], str], found: ExerciseView) -> None:
    words = texts()
    click.echo(head(found, words))
    if found.mark is Mark.TEST:
        click.echo(words("exercise.tested", count=len(found.tested)))
        if found.untested:
            click.echo(words("exercise.untested", count=len(found.untested)))
        for untested in found.untested:
            where = f"{untested.device} {words('zone', zone=untested.zone)}"
            click.echo(printable(f"  {where}"))


def show_begun(found: ExerciseView, as_json: bool) -> None:
    """Show what was begun."""
    print_json(found) if as_json else _show(_started, found)


def show_ended(found: ExerciseView, as_json: bool) -> None:
    """Show what was ended."""
    print_json(found) if as_json else _show(_stopped, found)


def of_a_start(command: Callable[..., None]) -> Callable[..., None]:
    """Add ``--minutes``, ``--at`` and ``--kind``: at a site and at a district the same."""
    for option in (
        click.option(
            "--kind", "kinds", multiple=True, type=click.Choice(list(names.KINDS.values()))
        ),
        click.option(
            "--at", "points", multiple=True, help="Only this place or device; repeat for several."
        ),
        click.option(
            "--minutes",
            type=click.IntRange(1, LONGEST_S // 60),
            default=USUAL_S // 60,
            show_default=True,
            help="After this time it ends by itself.",
        ),
    ):
        command = option(command)
    return command


def _commands(group: click.Group, mark: Mark) -> None:
    called = group.name

    @of_a_start
    @at_the_desk
    def start(
        line: DeskLine, minutes: int, points: tuple[str, ...], kinds: tuple[str, ...]
    ) -> None:
        question = StartExercise(
            mark=mark,
            seconds=minutes * 60,
            points=list(points),
            kinds=list(kinds),
            note=line.note,
        )
        show_begun(line.put(question), line.as_json)

    @which_one
    @at_the_desk
    def stop(line: DeskLine, number: int | None) -> None:
        question = StopExercise(mark=mark, note=line.note, exercise=number)
        show_ended(line.put(question), line.as_json)

    @config_option
    @state_dir_option
    @json_option
    def status(config_path: Path | None, state_dir: Path | None, as_json: bool) -> None:
        folder = locate(config_path, state_dir).folder
        found = asked(folder, AskExercises()).exercises
        if as_json:
            print_json({"exercises": found})
        elif not found:
            click.echo(texts()("exercise.idle"))
        else:
            for each in found:
                _show(_status, each)

    example = "\n\nExample: callpoint %s %s -c gateway.toml"
    helps = {
        "start": "Begin; events from now on are marked.",
        "stop": "End it before its time.",
        "status": "Show what is running and how long it still takes.",
    }
    for name, function in (("start", start), ("stop", stop), ("status", status)):
        text = helps[name] + example % (called, name)
        group.add_command(click.command(name, help=text)(function))


_commands(drill, Mark.DRILL)
_commands(walktest, Mark.TEST)
