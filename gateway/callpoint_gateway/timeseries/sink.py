"""Writes lines to InfluxDB 2, VictoriaMetrics, or whatever takes the same write call.

The client's synchronous mode only: its own buffering loses points when the server is away.
The journal is the buffer.
"""

from collections.abc import Sequence

import msgspec
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.write_precision import WritePrecision
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from callpoint_gateway.config import TimeSeries

_UNAUTHORISED = (401, 403)
_UNUSABLE = (400, 413, 422)


class Unreachable(Exception):
    """The server did not take the points now; they may be written again later."""


class Unauthorised(Exception):
    """The server refuses the token: nothing can be written until somebody corrects it."""


class Refusal(msgspec.Struct, frozen=True):
    """One line that the server will never take."""

    line: str
    reason: str


class TimeSeriesSink:
    """One server. Used by one thread."""

    def __init__(self, settings: TimeSeries) -> None:
        """Prepare; nothing is sent before the first write."""
        self._settings = settings
        self._client = InfluxDBClient(
            url=settings.url,
            token=settings.token,
            org=settings.org or "-",
            timeout=int(settings.timeout_s * 1000),
            enable_gzip=True,
        )
        self._write = self._client.write_api(write_options=SYNCHRONOUS)

    def write(self, lines: Sequence[str]) -> list[Refusal]:
        """Write all lines; return those that the server rejects, after writing the rest.

        Unreachable and Unauthorised: nothing is known to be written, all may be sent again.
        """
        try:
            # The client's constant is a plain string, which its own annotation forgets.
            self._write.write(
                self._settings.bucket,
                record=list(lines),
                write_precision=WritePrecision.MS,  # type: ignore[arg-type]
            )
        except ApiException as error:
            if error.status in _UNAUTHORISED:
                raise Unauthorised(
                    f"{self._settings.url} refuses the token (HTTP {error.status}); "
                    "correct token_file in [timeseries]"
                ) from error
            if error.status not in _UNUSABLE:
                raise Unreachable(f"{self._settings.url}: HTTP {error.status}") from error
            if len(lines) == 1:
                return [Refusal(lines[0], f"HTTP {error.status}: {error.body or error.reason}")]
            half = len(lines) // 2
            return self.write(lines[:half]) + self.write(lines[half:])
        except (HTTPError, OSError) as error:
            raise Unreachable(f"{self._settings.url}: {type(error).__name__}") from error
        return []

    def close(self) -> None:
        """Release the connections."""
        self._write.close()
        self._client.close()
