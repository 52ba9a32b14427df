"""Sends over a service that Apprise knows: WeCom, DingTalk, Feishu, e-mail, ntfy, Bark and others.

The file has one Apprise URL; ``{address}`` in it is the address of the person. Apprise is
imported with the first message that needs it: it takes 50 MB. Neither it nor its HTTP library
may log: their lines have addresses and tokens.

Redirects are not followed: they may turn the POST into a GET, whose answer 200 means no delivery,
and lead to this machine. Of an answer only the beginning is read.

Several services answer 200 and say in the body that they refused (DingTalk: ``errcode``). Apprise
takes that for success, so the answers of its requests are read here as well.
"""

import json
import logging
import stat
import threading
import time
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from urllib3.exceptions import HTTPError

from callpoint_gateway.configuration.secret_file import secret
from callpoint_notify.channels.channel import ChannelUnusable, Outgoing, Undelivered
from callpoint_notify.channels.exchange import within

_ADDRESS: Final = "{address}"
_SILENT: Final = logging.CRITICAL + 1
# The keys under which services give the code of a refusal, and the codes that are none.
_CODES: Final = ("errcode", "code", "StatusCode")
_GOOD: Final = (0, 200, "0", "200")
_LONGEST: Final = 65_536
_ANSWER_S: Final = 3.0
_answers = threading.local()


@cache
def _apprise() -> Any:
    """Import Apprise, silence it, and read the answers that it gets."""
    import apprise
    import requests

    for name in ("apprise", "urllib3", "requests", "asyncio"):
        logging.getLogger(name).setLevel(_SILENT)
    send = requests.Session.send

    def watched(session: Any, request: Any, **more: Any) -> Any:
        more |= {"allow_redirects": False, "stream": True}
        answer = send(session, request, **more)
        answer._content = _beginning(answer.raw)  # it would read all of it
        answer.close()
        _answers.__dict__.setdefault("refusals", []).extend(_refusal(answer))
        return answer

    setattr(requests.Session, "send", watched)  # noqa: B010 - a method of a library
    return apprise


def _beginning(raw: Any) -> bytes:
    """Return as much of an answer as any service needs, or what came of it in time."""
    kept, until_s = b"", time.monotonic() + _ANSWER_S
    with suppress(OSError, HTTPError):
        while len(kept) < _LONGEST and time.monotonic() < until_s:
            part = raw.read1(_LONGEST - len(kept), decode_content=True)
            if not part:
                break
            kept += part
    return kept


def _refusal(answer: Any) -> list[str]:
    """Return why an answer is a refusal, if it is one."""
    if answer.status_code >= 300:
        return [f"HTTP {answer.status_code}"]
    try:
        content = json.loads(answer.content)
    except ValueError:
        return []
    if not isinstance(content, dict):
        return []
    return [
        f"{key} {content[key]}"
        for key in _CODES
        if isinstance(content.get(key), int | str) and content[key] not in _GOOD
    ]


class AppriseService:
    """One Apprise URL."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        """Read the URL. ChannelUnusable: the file cannot be used.

        ``timeout_s`` bounds each message, from connecting to the end of the answer.
        """
        self._path = path
        self._timeout_s = timeout_s
        try:
            if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise ChannelUnusable("channel.open", path=path)
            self._url = secret(str(path)) or ""
        except OSError as error:
            raise ChannelUnusable("channel.unreadable", path=path, reason=error.strerror) from None
        except ValueError as error:
            raise ChannelUnusable("channel.unreadable", path=path, reason=error) from None
        if find_spec("apprise") is None:
            raise ChannelUnusable("channel.not_installed", path=path)
        if "://" not in self._url:
            raise ChannelUnusable("channel.no_url", path=path)

    def check(self, address: str) -> None:
        """See that Apprise knows the URL with such an address. ChannelUnusable: it does not."""
        if self._service(address) is None:
            raise ChannelUnusable("channel.unknown_url", path=self._path)

    def _service(self, address: str) -> Any:
        url = self._url.replace(_ADDRESS, quote(address, safe="@+"))
        return _apprise().Apprise.instantiate(url, suppress_exceptions=True)

    def send(self, message: Outgoing) -> None:
        """Send over the service. Undelivered: it did not take the message."""
        service = self._service(message.address)
        if service is None:
            raise Undelivered("sent.unfit")
        _answers.refusals = []
        with within(self._timeout_s) as exchange:
            try:
                taken = service.notify(
                    body=message.body,
                    title=message.title,
                    body_format=_apprise().NotifyFormat.TEXT,
                )
            except (OSError, TypeError, ValueError, LookupError, AttributeError) as error:
                # What an unexpected answer makes of the code that reads it.
                raise Undelivered("sent.said", answer=type(error).__name__) from None
        if exchange.over:
            raise Undelivered("sent.late")  # even after a 200: the answer was cut off
        refusals: list[str] = _answers.refusals
        if refusals:
            raise Undelivered("sent.said", answer=refusals[-1])
        if not taken:
            raise Undelivered("sent.refused")
