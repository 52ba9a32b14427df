"""``[control]``: which users of this machine have which roles, and how a question is judged."""

import os
from typing import Any, Final

import msgspec

from callpoint_gateway.control.asker import Asker, By
from callpoint_gateway.control.peer import Peer, gid_of, uid_of
from callpoint_gateway.control.question import Question, QuestionRefused, name_of
from callpoint_gateway.control.roles import Role
from callpoint_gateway.words.said import Said, said

#: The groups that have roles if the configuration does not say otherwise.
READERS: Final = "callpoint-read"
ACTORS: Final = "callpoint"


class Access(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Roles by user and by group of this machine, each by its name or its number.

    root and the gateway's own user have every role, and may ask for an account, unless ``users``
    names them. ``processes`` are the other users whose processes may ask for an account.
    """

    users: dict[str, list[Role]] = {}
    groups: dict[str, list[Role]] = msgspec.field(
        default_factory=lambda: {
            READERS: [Role.VIEWER],
            ACTORS: [role for role in Role if role is not Role.ADMIN],
        }
    )
    processes: list[str] = []

    def roles_of(self, peer: Peer) -> frozenset[Role]:
        """Return every role that a user has by its name and by its groups."""
        if self._trusted(peer):
            return frozenset(Role)
        named = [roles for user, roles in self.users.items() if peer.is_user(user)]
        named += [roles for group, roles in self.groups.items() if peer.is_in(group)]
        return frozenset(role for roles in named for role in roles)

    def readers(self) -> tuple[set[int], set[int]]:
        """Return the numbers of the users and of the groups that have a role, of those that exist.

        They and the processes may read what the gateway keeps.
        """
        users = [user for user, roles in self.users.items() if roles] + self.processes
        groups = [group for group, roles in self.groups.items() if roles]
        return (
            {uid for user in users if (uid := uid_of(user)) is not None},
            {gid for group in groups if (gid := gid_of(group)) is not None},
        )

    def judge(
        self,
        question: Question[Any],
        peer: Peer,
        role: Role | None,
        by: By | None,
    ) -> Asker:
        """Return who asks. QuestionRefused: that is not theirs to ask; it says what to write.

        ``role`` narrows what the user has; without it, the first role that is enough counts.
        """
        if by is not None:
            return self._for_account(question, peer, by)
        has = self.roles_of(peer)
        if role is not None and role not in has:
            raise QuestionRefused(
                said(
                    "refused.role_missing",
                    user=peer.name,
                    role=role.value,
                    has=", ".join(_sorted(has)) or "-",
                )
            )
        wanted = has if role is None else {role}
        enough = [role for role in Role if role in wanted and role in question.allowed]
        if not enough:
            raise QuestionRefused(refusal(question, peer.name, role))
        return Asker(enough[0].value, enough[0], f"cli:{peer.uid}")

    def _trusted(self, peer: Peer) -> bool:
        """Say whether a user could do everything anyway, and is not kept from it by its name."""
        return peer.uid in (0, os.geteuid()) and not any(map(peer.is_user, self.users))

    def _for_account(self, question: Question[Any], peer: Peer, by: By) -> Asker:
        if not self._trusted(peer) and not any(map(peer.is_user, self.processes)):
            raise QuestionRefused(said("refused.process", user=peer.name))
        return for_account(question, by)


def for_account(question: Question[Any], by: By) -> Asker:
    """Return who asks for an account that another program has signed in.

    QuestionRefused: its role may not ask that.
    """
    if by.role not in question.allowed:
        raise QuestionRefused(
            said(
                "refused.account",
                account=by.account,
                role=by.role.value,
                question=name_of(type(question)),
                needed=", ".join(_sorted(question.allowed)),
            )
        )
    return Asker(by.account, by.role, by.origin)


def refusal(question: Question[Any], user: str, role: Role | None) -> Said:
    """Return why a user (with ``role`` only, if given) may not ask, and what to write."""
    if role is not None:
        return said(
            "refused.as_role",
            user=user,
            role=role.value,
            question=name_of(type(question)),
            needed=", ".join(_sorted(question.allowed)),
        )
    needed = _sorted(question.allowed)
    return said(
        "refused.user",
        user=user,
        question=name_of(type(question)),
        needed=", ".join(needed),
        first=needed[0],
        group=READERS if Role.VIEWER in question.allowed else ACTORS,
    )


def _sorted(roles: frozenset[Role]) -> list[str]:
    return [role.value for role in Role if role in roles]
