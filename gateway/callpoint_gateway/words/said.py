"""What the gateway says: the code of a text and the values in it, without any language.

It is stored, sent and passed on like this, and becomes a text where somebody reads it, in the
language of that reader. Logs have the English text: ``str(said)``.
"""

import os
from collections import ChainMap
from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from callpoint_gateway.words import facts, people
from callpoint_gateway.words.areas import AREAS
from callpoint_gateway.words.broker import BROKER
from callpoint_gateway.words.commands import COMMANDS
from callpoint_gateway.words.enrolment import ENROLMENT
from callpoint_gateway.words.faults import FAULTS
from callpoint_gateway.words.findings import FINDINGS
from callpoint_gateway.words.flashing import FLASHING
from callpoint_gateway.words.frames import FRAMES
from callpoint_gateway.words.images import IMAGES
from callpoint_gateway.words.link_faults import LINK_FAULTS
from callpoint_gateway.words.maps import MAPS
from callpoint_gateway.words.plan import PLAN
from callpoint_gateway.words.quarantine import QUARANTINE
from callpoint_gateway.words.refusals import REFUSALS
from callpoint_gateway.words.sentences import SENTENCES
from callpoint_gateway.words.services import SERVICES
from callpoint_gateway.words.settings import SETTINGS
from callpoint_gateway.words.setup import SETUP
from callpoint_gateway.words.shared_checks import SHARED_CHECKS
from callpoint_gateway.words.system_errors import SYSTEM_ERRORS_ZH
from callpoint_gateway.words.technician import TECHNICIAN
from callpoint_gateway.words.text import LANGUAGES, Text
from callpoint_gateway.words.upstream import UPSTREAM
from callpoint_protocol import names

#: Names of values within other texts.
NAMES: Final[Mapping[str, Text]] = {
    **{f"kind.{names.KINDS[number]}": text for number, text in facts.KINDS.items()},
    **{f"state.{names.STATES[number]}": text for number, text in facts.STATES.items()},
    **{f"handling.{value}": text for value, text in people.HANDLING.items()},
    **{f"panel.state.{value}": text for value, text in people.PANEL_STATES.items()},
    **{f"exercise.{value}": text for value, text in people.MARKS.items()},
    **{f"profile.{value}": text for value, text in people.PROFILES.items()},
}
TABLES: Final = (
    NAMES,
    SENTENCES,
    LINK_FAULTS,
    FAULTS,
    FINDINGS,
    REFUSALS,
    SETTINGS,
    COMMANDS,
    BROKER,
    TECHNICIAN,
    IMAGES,
    FLASHING,
    PLAN,
    SHARED_CHECKS,
    QUARANTINE,
    FRAMES,
    SERVICES,
    UPSTREAM,
    AREAS,
    MAPS,
    ENROLMENT,
    SETUP,
)
#: Every text that has a code.
TEXTS: Final[Mapping[str, Text]] = dict(ChainMap(*map(dict, TABLES)))

# The code of a text that comes from elsewhere: an operating system, a server, an older version.
_VERBATIM: Final = "verbatim"
_SEPARATORS: Final = Text("; ", "；")


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """A text as its code in ``TEXTS`` and its values. Without a code nothing is said.

    A value may itself be ``Said``. Device, place, number and an operating system's own text are
    plain values: they are the same in every language.
    """

    code: str = ""
    values: "dict[str, str | int | float | Said]" = {}

    def __bool__(self) -> bool:
        return bool(self.code)

    def __str__(self) -> str:
        return self.in_(LANGUAGES[0])

    @property
    def known(self) -> bool:
        """Whether this version can say it: there is such a text, and the values are all there."""
        try:
            self.in_(LANGUAGES[0])
        except (KeyError, ValueError):
            return False
        return bool(self.code)

    def in_(self, language: str) -> str:
        """Return the text in one of ``text.LANGUAGES``, empty if nothing is said.

        KeyError: this version has no such text, or a value is missing. ValueError: no such
        language.
        """
        if not self.code:
            return ""
        values = {
            name: value.in_(language) if isinstance(value, Said) else value
            for name, value in self.values.items()
        }
        if self.code == _VERBATIM:
            text = str(values["text"])
            return SYSTEM_ERRORS_ZH.get(text, text) if language == "zh" else text
        if self.code == _EITHER:
            return str(values[language])
        if self.code == _JOINED:
            return _SEPARATORS.in_(language).join(str(value) for value in values.values())
        if self.code == _LINES:
            return "\n".join(str(value) for value in values.values())
        return TEXTS[self.code].in_(language).format(**values)

    def in_every(self) -> str:
        """Return the text in every language, for a reader whose language is not known."""
        return " / ".join(self.in_(language) for language in LANGUAGES)


_JOINED: Final = "joined"
_LINES: Final = "lines"
_EITHER: Final = "either"
NOTHING: Final = Said()


def said(code: str, /, **values: str | int | float | Said) -> Said:
    """Return what one of ``TEXTS`` says with these values."""
    return Said(code, values)


def value_said(
    table: Literal["kind", "state", "handling", "panel.state", "exercise", "profile"], value: str
) -> Said:
    """Return the name of a value for people: of a kind or state of the protocol, and so on."""
    return Said(f"{table}.{value}")


def of(field: str, why: Said) -> Said:
    """Return what is wrong with a field."""
    return said("field", field=field, why=why)


def verbatim(text: str) -> Said:
    """Return a text that has no code: a name, or what an operating system or a server says.

    It is the same in every language, but for ``SYSTEM_ERRORS_ZH``. An empty one says nothing.
    """
    return Said(_VERBATIM, {"text": text}) if text else NOTHING


def either(text: Text) -> Said:
    """Return a text of a package that has tables of its own, its values filled in."""
    return Said(_EITHER, dict(zip(LANGUAGES, text, strict=True)))


def joined(parts: list[Said]) -> Said:
    """Return several texts as one."""
    return Said(_JOINED, {str(number): part for number, part in enumerate(parts)})


def joined_lines(parts: list[Said]) -> Said:
    """Return several texts as one, each on a line of its own."""
    return Said(_LINES, {str(number): part for number, part in enumerate(parts)})


def said_by(error: BaseException) -> Said:
    """Return what an exception says: its ``Said`` if it was made of one, else its own text.

    Of an error of the operating system that is its text without the file's name.
    """
    first = error.args[0] if error.args else None
    if isinstance(error, OSError) and error.strerror:
        # asyncio puts the address there, and what went wrong only into the number.
        if error.errno and error.strerror.startswith("Connect call failed"):
            return verbatim(os.strerror(error.errno))
        return verbatim(error.strerror)
    return first if isinstance(first, Said) else verbatim(str(error))


def stored(kept: Said, text: str) -> Said:
    """Return what was stored beside its English text.

    An older version stored the text alone, and a newer one may have stored a code that this
    version does not know: then it is the text.
    """
    return kept if kept.known else verbatim(text)
