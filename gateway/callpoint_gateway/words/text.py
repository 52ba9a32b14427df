"""A text in every language of its readers."""

from typing import Final, NamedTuple

#: Languages by their names on the command line.
LANGUAGES: Final = ("en", "zh")


class Text(NamedTuple):
    """The same text in each language, with fields in braces for ``str.format``."""

    en: str
    zh: str

    def in_(self, language: str) -> str:
        """Return the text in one of ``LANGUAGES``. ValueError: there is no such language."""
        return self[LANGUAGES.index(language)]


#: Between the parts of a list within a sentence.
BETWEEN: Final = Text(", ", "、")
