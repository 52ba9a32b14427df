"""Which events raise an alarm, which end what raised it, and which no centre is told of."""

from callpoint_gateway.journal.entries import EventBody, Mark
from callpoint_protocol import names


def raises(body: EventBody) -> bool:
    """Say whether this is an alarm that people have to handle; what is inhibited is not yet."""
    if body.inhibited or _of_partition(body):
        return False
    if body.kind != names.DOOR:
        return body.state == names.ALARM
    opened = body.state == names.NOTICE and body.detail == names.OPEN
    return (opened and body.reported) or _forced(body, names.TROUBLE)


def restores(body: EventBody) -> bool:
    """Say whether what the same sensor raised is over."""
    if _of_partition(body):
        return False
    if body.kind != names.DOOR:
        return body.state == names.RESTORE
    closed = body.state == names.NOTICE and body.detail == names.CLOSED
    return closed or _forced(body, names.TROUBLE_RESTORE)


def _forced(body: EventBody, state: int) -> bool:
    return body.state == state and body.detail == names.FORCED


def _of_partition(body: EventBody) -> bool:
    """Say whether a detector only says what it senses; its partition says what that means."""
    return body.guarded and body.state in (names.ALARM, names.RESTORE)


def withheld(body: EventBody) -> bool:
    """Say whether no centre may hear of this event: it belongs to an exercise or a partition.

    The one place that decides it. Troubles are no exercise: they are told as ever.
    """
    if _of_partition(body):
        return True
    return body.mark is not Mark.REAL and (raises(body) or restores(body))
