"""The names of roles as people read and type them, in the language of a page."""

from collections.abc import Iterable
from typing import Final

from callpoint_console.accounts.roles import Grant
from callpoint_console.rendering import words_in
from callpoint_gateway.control.roles import Role
from callpoint_gateway.words.text import LANGUAGES

#: By a role's code, and by its name in each language.
_ROLES: Final = {role.value: role for role in Role} | {
    words_in(language)(f"one_role.{role}"): role for role in Role for language in LANGUAGES
}


def role_names(language: str) -> str:
    """Return every role, for a hint."""
    words = words_in(language)
    return words.listed(words(f"one_role.{role}") for role in Role)


def grants_text(grants: Iterable[Grant], language: str) -> str:
    """Return roles with their places, as they are typed."""
    return words_in(language).listed(_grant_text(each, language) for each in grants)


def _grant_text(grant: Grant, language: str) -> str:
    """Return a role with its place, such as ``operator@b3``, as ``typed_grant`` takes it."""
    name = words_in(language)(f"one_role.{grant.role}")
    return f"{name}@{grant.place}" if grant.place else name


def typed_grant(text: str) -> str:
    """Return what was typed with the role's code in the place of its name, if it is one."""
    name, at, place = text.replace("＠", "@").partition("@")
    role = _ROLES.get(name.strip())
    return f"{role or name.strip()}{at}{place.strip()}"
