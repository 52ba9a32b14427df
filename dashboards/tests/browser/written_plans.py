"""What people have done with plans on the written site: a version, a storey, a drill, a label."""

from typing import Final

from callpoint_console.database import Database, file_in
from callpoint_console.plan_book import PlanBook, PlanKey
from callpoint_console.schema import SUBJECTS
from callpoint_console.storeys.store import StoreyStore, picture_of
from callpoint_gateway.alarms.plan_steps import PlanStep
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.journal.entries import ExerciseBody, Mark, NewEntry, Stage, Type
from callpoint_protocol import names

from ..console.estate import Estate

#: Codes are random; pages that are looked at need addresses that are known.
CODES: Final = {"b1/101": "works", "b9/201": "mended"}
DRAWING: Final = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 480">
<g style="fill:none;stroke:#333;stroke-width:4"><rect x="20" y="20" width="760" height="440"/>
<path d="M300 20V200H20M300 280V460M300 280H20M540 20V460M300 200V280M540 240H780"/></g>
<g font-size="26" fill="#333"><text x="40" y="60">101</text><text x="40" y="320">102</text>
<text x="330" y="60">201</text><text x="570" y="60">S</text></g></svg>"""


def write_plans(site: Estate) -> None:
    """Write it; the console does not run yet."""
    database = Database(file_in(site.folder), SUBJECTS)
    book = PlanBook(database, site.register, site.clock)
    smoke = PlanKey(names.SMOKE, Profile.ESTATE)
    steps = list(book.versions(smoke)[0].plan.step)
    lift = PlanStep(
        "lift", "Have the lifts brought down and kept there.", "电梯迫降至首层并停用。"
    )
    book.save(smoke, [*steps[:3], lift, *steps[3:]], "lin-1", 0)
    book.save(smoke, [*steps[1:3], lift, *steps[3:]], "lin-1", 1)
    storeys = StoreyStore(database, site.clock)
    number = storeys.upload(("幸福小区", "7"), "1F", picture_of(DRAWING.encode()), "lin-1")
    for device, x, y in (("101", 0.2, 0.3), ("102", 0.2, 0.8), ("201", 0.55, 0.5)):
        storeys.place(f"button-7-{device}", number, x, y)
    database.write(
        lambda connection: connection.executemany(
            "INSERT INTO points VALUES (?, ?, ?)",
            [(place, code, site.clock.wall_ms()) for place, code in CODES.items()],
        )
    )
    database.close()
    _drill(site)


def _drill(site: Estate) -> None:
    def body(stage: Stage) -> ExerciseBody:
        return ExerciseBody(
            Mark.DRILL, stage, 600, ["b2/101", "b2/102"], [names.PANIC], "li-3", "console"
        )

    number = site.store(NewEntry(Type.EXERCISE, body(Stage.START)))
    site.store(NewEntry(Type.EXERCISE, body(Stage.END), about=number))
