"""The write call of the v2 API (InfluxDB 2 and 3, VictoriaMetrics) through ``influxdb-client``.

It is synchronous and without the library's retries: the journal is the buffer. Requests go through
``transport.http``, which bounds an exchange as a whole and follows no redirect. The library costs
some 15 MB of memory, so only a configuration with this API imports this module.
"""

from contextlib import suppress
from typing import Any

import msgspec
from influxdb_client.client.exceptions import InfluxDBError
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.domain.write_precision import WritePrecision
from influxdb_client.service.write_service import WriteService

from callpoint_gateway.transport.http import Answer, Post


class _Response(msgspec.Struct):
    """The fields of a response that the library reads."""

    status: int
    reason: str
    data: bytes
    headers: dict[str, str]


class _Pool:
    """Stands in for urllib3's pool in the library; it keeps the last answer."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self.answer: Answer

    def request(
        self, method: str, url: str, *, body: bytes, headers: dict[str, str], **_: Any
    ) -> _Response:
        answer = self.answer = self._post.post(url, body, headers)
        return _Response(answer.status, "", answer.text.encode(), {})


class InfluxDbV2:
    """One bucket of one server; one request at a time."""

    def __init__(self, post: Post, org: str, bucket: str) -> None:
        """Prepare the client; this sends nothing."""
        self._pool = _Pool(post)
        self._org = org
        self._bucket = bucket
        # Kept, because the client closes ``api_client`` when it is deleted.
        client: Any = InfluxDBClient(post.server.base, "", retries=False)
        self._client = client
        self._api = client.api_client
        self._api.rest_client.pool_manager = self._pool
        self._service: Any = WriteService(self._api)

    def write(self, lines: bytes, authorisation: str | None, *, gzipped: bool) -> Answer:
        """Send lines with times in ns; return the answer. Unreachable: none came in time."""
        if authorisation is None:
            self._api.default_headers.pop("Authorization", None)
        else:
            self._api.set_default_header("Authorization", authorisation)
        more = {"content_encoding": "gzip"} if gzipped else {}
        with suppress(InfluxDBError):  # the caller reads the status of the answer
            self._service.post_write(
                self._org, self._bucket, lines, precision=WritePrecision.NS, **more
            )
        return self._pool.answer
