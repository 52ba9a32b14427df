"""Decides which events raise an alarm, which restore one, and which go to no centre."""

from callpoint_gateway.journal.entries import EventBody, Mark
from callpoint_protocol import names


def raises(body: EventBody) -> bool:
    """Say whether this event raises an alarm for people to handle; an inhibited one does not."""
    if body.inhibited or _of_partition(body):
        return False
    if body.kind != names.DOOR:
        return body.state == names.ALARM
    opened = body.state == names.NOTICE and body.detail == names.OPEN
    return (opened and body.reported) or _forced(body, names.TROUBLE)


def restores(body: EventBody) -> bool:
    """Say whether this event ends an alarm of the same sensor."""
    if _of_partition(body):
        return False
    if body.kind != names.DOOR:
        return body.state == names.RESTORE
    closed = body.state == names.NOTICE and body.detail == names.CLOSED
    return closed or _forced(body, names.TROUBLE_RESTORE)


def triggers(body: EventBody) -> bool:
    """Say whether a sensor was set off, also if that alone raises nothing.

    So is a door that opens, and a detector whose partition decides what its alarm means.
    """
    if body.kind == names.DOOR and body.state == names.NOTICE:
        return body.detail == names.OPEN and not body.inhibited
    return raises(body) or (body.state == names.ALARM and not body.inhibited)


def _forced(body: EventBody, state: int) -> bool:
    return body.state == state and body.detail == names.FORCED


def _of_partition(body: EventBody) -> bool:
    """Say whether a partition decides what this event of its detector means."""
    return body.guarded and body.state in (names.ALARM, names.RESTORE)


def withheld(body: EventBody) -> bool:
    """Say whether this event goes to no centre, because of an exercise or a partition.

    No other place decides this. Troubles are reported during an exercise as at any time.
    """
    if _of_partition(body):
        return True
    return body.mark is not Mark.REAL and (raises(body) or restores(body))
