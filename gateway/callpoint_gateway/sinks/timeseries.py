"""Writes points to InfluxDB 2, VictoriaMetrics, InfluxDB 1.x, or a server with the same API.

The journal is the buffer: nothing is kept here. If the server refuses a batch, the batch is halved
until the bad line is found. That costs a few requests and works with every server, whatever its
error text is; points are idempotent, so good lines may be written twice.
"""

import base64
import gzip
from collections.abc import Sequence
from typing import Protocol
from urllib.parse import urlencode

from callpoint_gateway.configuration.config import TimeSeries
from callpoint_gateway.journal.entries import Entry
from callpoint_gateway.sinks.contract import Parcel, Refusal
from callpoint_gateway.sinks.timeseries_points import Points, Unusable
from callpoint_gateway.transport.http import Answer, Post
from callpoint_gateway.transport.unreachable import Unauthorised, Unreachable
from callpoint_gateway.words.said import said

_UNAUTHORISED = (401, 403)
_UNUSABLE = (400, 413, 422)
_QUICK_GZIP = 1


class _Write(Protocol):
    def __call__(self, lines: bytes, authorisation: str | None, *, gzipped: bool) -> Answer:
        """Send lines; return the answer. Unreachable: none came in time."""


class TimeSeriesSink:
    """The sink of one time series server. One thread uses it."""

    topic = "point"

    def __init__(self, settings: TimeSeries, points: Points) -> None:
        """Prepare; the first batch opens the connection."""
        self._settings = settings
        self._points = points
        self._post = Post(settings.url, settings.timeout_s, settings.ca_file)
        # To a server on this machine, compressing costs more than it saves.
        self._gzip = not self._post.server.on_this_machine
        self._write = self._v1() if settings.api == "v1" else self._v2()

    def _v1(self) -> _Write:
        query = urlencode({"db": self._settings.bucket, "precision": "ns"})
        url = f"{self._post.server.base.rstrip('/')}/write?{query}"

        def write(lines: bytes, authorisation: str | None, *, gzipped: bool) -> Answer:
            headers = {"Content-Type": "text/plain; charset=utf-8"}
            if authorisation is not None:
                headers["Authorization"] = authorisation
            if gzipped:
                headers["Content-Encoding"] = "gzip"
            return self._post.post(url, lines, headers)

        return write

    def _v2(self) -> _Write:
        # Imported here, so that only a site with this API pays for the library's memory.
        from callpoint_gateway.sinks.influxdb_v2 import InfluxDbV2

        return InfluxDbV2(self._post, self._settings.org or "-", self._settings.bucket).write

    def pack(self, entries: Sequence[Entry]) -> Parcel:
        """Return the points of as many entries as fit into ``body_kb``."""
        lines: list[str] = []
        unusable: list[Refusal] = []
        limit = self._settings.body_kb * 1024
        size = 0
        last = entries[0]
        for entry in entries:
            try:
                made = self._points.lines_of(entry)
            except Unusable as error:
                unusable.append(Refusal(f"{entry.position} {entry.body}", str(error)))
                made = []
            # Characters are counted instead of bytes: only names of places may have longer ones.
            size += sum(map(len, made)) + len(made)
            if size > limit and lines:
                break
            lines += made
            last = entry
        first = entries[0]
        return Parcel(
            last.position, lines, unusable, first.recorded_ms, first.boot_id, first.mono_ms
        )

    def deliver(self, parcel: Parcel) -> list[Refusal]:
        """Send the points; return those that the server will never take."""
        return self._delivered(parcel.pieces)

    def _delivered(self, lines: Sequence[str]) -> list[Refusal]:
        body = "\n".join(lines).encode()
        if self._gzip:
            body = gzip.compress(body, _QUICK_GZIP, mtime=0)
        return self._judged(lines, self._write(body, self._authorisation(), gzipped=self._gzip))

    def _authorisation(self) -> str | None:
        # The secret is read at each request, so that a corrected file needs no restart.
        settings = self._settings
        try:
            if settings.username is not None:
                pair = f"{settings.username}:{settings.password}".encode()
                return "Basic " + base64.b64encode(pair).decode()
            return f"Token {settings.token}" if settings.token else None
        except (OSError, ValueError) as error:
            raise Unauthorised(
                said("server.at", url=self._post.server.base, why=said("server.secret_unusable")),
                remedy=said("timeseries.secret.do"),
            ) from error

    def _judged(self, lines: Sequence[str], answer: Answer) -> list[Refusal]:
        status = answer.status
        if 200 <= status < 300:
            return []
        url = self._post.server.base
        if status in _UNAUTHORISED:
            raise Unauthorised(
                said("server.refuses", url=url, status=status),
                remedy=said("timeseries.login.do"),
            )
        if 300 <= status < 400:
            raise Unreachable(
                said("server.redirect", url=url, status=status), remedy=said("server.url.do")
            )
        if status not in _UNUSABLE:
            why = said("server.status", url=url, status=status)
            if text := answer.text[:200].strip():
                why = said("server.status_text", url=url, status=status, text=text)
            raise Unreachable(why, answer.retry_after_s, said("timeseries.status.do"))
        if len(lines) == 1:
            return [Refusal(lines[0], f"HTTP {status}: {answer.text[:500]}")]
        half = len(lines) // 2
        refused = []
        for part in (lines[:half], lines[half:]):
            refused += self._delivered(part)
        return refused

    def close(self) -> None:
        """Release the connection."""
        self._post.close()
