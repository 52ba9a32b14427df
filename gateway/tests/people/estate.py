"""An estate with two houses, and people for it."""

from datetime import date
from pathlib import Path

from callpoint_gateway.configuration import register as registers
from callpoint_gateway.configuration.register import Register
from callpoint_people.person import Person
from callpoint_people.person import person as checked

TODAY = date(2026, 11, 29)
REGISTER = """
[[place]]
id = "b3-u2-301"
street = "Lake Road"
community = "Garden"
building = "3"
unit = "2"
room = "301"
[[place]]
id = "b3-u2-301-kitchen"
street = "Lake Road"
community = "Garden"
building = "3"
unit = "2"
room = "301"
[[place]]
id = "b3-u2-302"
street = "Lake Road"
community = "Garden"
building = "3"
unit = "2"
room = "302"
[[place]]
id = "b3"
street = "Lake Road"
community = "Garden"
building = "3"
[[place]]
id = "b4"
street = "Lake Road"
community = "Garden"
building = "4"
[[device]]
id = "lobby"
place = "b3"
"""


def register(folder: Path) -> Register:
    """Return the register of the estate."""
    path = folder / "register.toml"
    path.write_text(REGISTER)
    return registers.load(path)


def someone(name: str = "Wang Fang", phone: str = "13800138000", language: str = "zh") -> Person:
    """Return a person who consented."""
    return checked(name, language, "2026-01-02", {"phone": phone}, (), TODAY)
