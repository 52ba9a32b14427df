"""``callpoint user``: the accounts of the people who work at the console."""

import click
import msgspec

from callpoint_cli.errors import USAGE
from callpoint_cli.language import language
from callpoint_cli.output import print_json
from callpoint_cli.people.user_line import UserLine, about_users
from callpoint_cli.times import short
from callpoint_console.accounts.account import Account, Kind, login_name
from callpoint_gateway.control.roles import Role
from callpoint_gateway.words.text import LANGUAGES

_json_option = click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
_ROLES_ARE = (
    "viewer, manager, technician, operator, supervisor or admin; with @ and a place's id, or the "
    "beginning of its text, at that place only."
)


@click.group()
def user() -> None:
    """Keep the accounts of the console.

    The console may run meanwhile. A login name is an operator's id in the journal: never a
    person's name.
    """


@user.command()
@click.argument("login")
@click.option("--role", "roles", multiple=True, required=True, help=_ROLES_ARE)
@click.option(
    "--language",
    "pages",
    type=click.Choice(LANGUAGES),
    help="Language of the account's pages, if not the configuration's.",
)
@click.option("--screen", is_flag=True, help="For a screen on a wall: it shows and never acts.")
@about_users
def add(
    line: UserLine, login: str, roles: tuple[str, ...], pages: str | None, screen: bool
) -> None:
    """Make an account, and print the one-time link by which its owner chooses a password.

    Example: callpoint user add desk-1 --role operator --role viewer
    """
    name = login_name(login)
    if name is None:
        line.refuse(USAGE, "bad_login", login=login)
    grants = line.grants(roles)
    if screen and {role for role, _ in grants} != {Role.VIEWER}:
        line.refuse(USAGE, "only_viewer")
    kind = Kind.SCREEN if screen else Kind.PERSON
    token = line.store.add(name, grants, pages or line.language or language(), kind)
    line.say("added_screen" if screen else "added", login=name, link=line.link(token, kind))


@user.command()
@click.argument("login")
@click.option("--add", "added", multiple=True, help=_ROLES_ARE)
@click.option("--remove", "removed", multiple=True, help="A role as `list` shows it.")
@about_users
def role(line: UserLine, login: str, added: tuple[str, ...], removed: tuple[str, ...]) -> None:
    """Give an account roles, or take roles away; what is taken away counts at once.

    Example: callpoint user role desk-1 --add supervisor@b3 --remove operator
    """
    if not added and not removed:
        line.refuse(USAGE, "nothing")
    more, account = line.grants(added), line.store.find(login)
    if account.kind is Kind.SCREEN and {role for role, _ in more} - {Role.VIEWER}:
        line.refuse(USAGE, "only_viewer")
    # Not by the register: a role at a place that is gone must be taken away, too.
    gone = [grant for grant in account.grants if str(grant) in removed]
    if not_had := set(removed) - set(map(str, gone)):
        line.refuse(USAGE, "not_had", login=login, text=min(not_had), roles=_shown(account))
    line.say("roles", login=login, roles=_shown(line.store.regrant(login, more, gone)))


def _shown(account: Account) -> str:
    return ", ".join(map(str, account.grants))


@user.command()
@click.argument("login")
@click.option("--second-factor", is_flag=True, help="Also forget the lost second factor.")
@about_users
def reset(line: UserLine, login: str, second_factor: bool) -> None:
    """Sign an account out, forget its password, and print a one-time link for a new one.

    Example: callpoint user reset desk-1 --second-factor
    """
    kind = line.store.find(login).kind
    token = line.store.reset(login, factor=second_factor)
    line.say("reset", login=login, link=line.link(token, kind))


@user.command("list")
@_json_option
@about_users
def list_users(line: UserLine, as_json: bool) -> None:
    """Show every account.

    Example: callpoint user list
    """
    accounts = line.store.all()
    if as_json:
        print_json([_as_json(account) for account in accounts])
    elif not accounts:
        line.say("none")
    else:
        rows = [
            [
                account.login,
                line.text(account.kind),
                _shown(account),
                line.text("yes" if account.factor else "no"),
                line.text(_state(account)),
            ]
            for account in accounts
        ]
        line.show(["login", "kind", "grants", "factor", "state"], rows)


def _as_json(account: Account) -> dict[str, object]:
    shown: dict[str, object] = msgspec.to_builtins(account)
    return shown | {"grants": [str(grant) for grant in account.grants]}


def _state(account: Account) -> str:
    if account.disabled:
        return "off"
    return "unset" if account.must_change else "in_force"


@user.command()
@click.argument("login")
@about_users
def disable(line: UserLine, login: str) -> None:
    """Keep an account from signing in, and end its sessions at once; also a screen's.

    Example: callpoint user disable desk-1
    """
    line.say("disabled", login=login, count=line.store.disable(login, disabled=True))


@user.command()
@click.argument("login")
@about_users
def enable(line: UserLine, login: str) -> None:
    """Let a disabled account sign in again.

    Example: callpoint user enable desk-1
    """
    line.store.disable(login, disabled=False)
    line.say("enabled", login=login)


@user.command()
@click.argument("login")
@about_users
def logout(line: UserLine, login: str) -> None:
    """End every session of an account.

    Example: callpoint user logout desk-1
    """
    line.say("logged_out", login=login, count=line.store.log_out(login))


@user.command()
@click.option("--by", default="", help="Only of this account.")
@click.option("--place", default="", help="Only at this place, by its id.")
@click.option("--last", default=100, show_default=True, help="How many, the newest first.")
@_json_option
@about_users
def looks(line: UserLine, by: str, place: str, last: int, as_json: bool) -> None:
    """Show who looked at people's records at the console, when and why.

    Example: callpoint user looks --by desk-1
    """
    found = line.looks.looks(by, place, limit=last)
    if as_json:
        print_json(found)
    elif not found:
        line.say("no_looks")
    else:
        zone = line.zone
        rows = []
        for look in found:
            alarm = "" if look.alarm is None else line.text("alarm", number=look.alarm)
            why = " ".join(filter(None, (alarm, look.why)))
            at = short(look.at_ms, zone)
            rows.append([at, look.account, look.what, look.place, str(look.persons), why])
        line.show(["at", "account", "what", "place", "people", "why"], rows)
