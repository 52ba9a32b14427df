"""One text in every language of the people who read it."""

from typing import Final, NamedTuple

#: Languages by their names on the command line.
LANGUAGES: Final = ("en", "zh")


class Text(NamedTuple):
    """The same in each language; what stands in braces is filled in."""

    en: str
    zh: str

    def in_(self, language: str) -> str:
        """Return it in one of ``LANGUAGES``. ValueError for another."""
        return self[LANGUAGES.index(language)]
