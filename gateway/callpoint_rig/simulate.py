"""``callpoint simulate``: plays many devices on a real broker and gateway, and counts."""

import json
import threading
import time

import click
import msgspec

from callpoint_cli.errors import BAD, MISSING, USAGE, fail
from callpoint_protocol import topics
from callpoint_rig.ledger import Ledger, Verdict
from callpoint_rig.rig_words import rig_said
from callpoint_rig.simulated_devices import Fleet, NoBroker, register_text

CONNECT_S = 5.0
RESEND_S = 2.0
PROGRESS_S = 5.0


class _Pace:
    """Says how many events are due at a rate, and catches up after a pause."""

    def __init__(self, rate: float, start_s: float, total: int) -> None:
        self._rate = rate
        self._start_s = start_s
        self._total = total
        self._done = 0

    def due(self, now_s: float) -> int:
        count = min(self._total, int((now_s - self._start_s) * self._rate) + 1) - self._done
        self._done += max(0, count)
        return max(0, count)

    @property
    def next_s(self) -> float:
        if self._done >= self._total:
            return float("inf")
        return self._start_s + self._done / self._rate


def _drive(
    fleet: Fleet, ledger: Ledger, rate: float, telemetry: float, seconds: float, grace_s: float
) -> None:
    start_s = time.monotonic()
    end_s, shown_s = start_s + seconds, start_s + PROGRESS_S
    events = _Pace(rate, start_s, max(1, round(rate * seconds)))
    readings = _Pace(telemetry, start_s, round(telemetry * seconds))
    pause = threading.Event()
    while (now_s := time.monotonic()) < end_s:
        for _ in range(events.due(now_s)):
            fleet.raise_event()
        for _ in range(readings.due(now_s)):
            fleet.send_readings()
        for waiting in ledger.overdue(now_s, RESEND_S):
            fleet.resend(waiting)
        if now_s >= shown_s:
            shown_s += PROGRESS_S
            verdict = ledger.verdict()
            click.echo(f"raised {verdict.raised}, stored {verdict.stored}", err=True)
        next_s = min(events.next_s, readings.next_s, end_s, now_s + RESEND_S / 4)
        pause.wait(max(0.0, next_s - time.monotonic()))
    # Events that were due between the last turn and the end.
    for _ in range(events.due(end_s)):
        fleet.raise_event()
    deadline_s = time.monotonic() + grace_s
    while (now_s := time.monotonic()) < deadline_s:
        if ledger.wait_until_answered(min(RESEND_S / 4, deadline_s - now_s)):
            return
        for waiting in ledger.overdue(time.monotonic(), RESEND_S):
            fleet.resend(waiting)


def _text(verdict: Verdict) -> str:
    line = (
        f"{verdict.raised} raised, {verdict.stored} stored, {verdict.duplicates} duplicates, "
        f"{verdict.lost} lost"
    )
    if verdict.refused:
        line += f", {verdict.refused} refused"
    if verdict.resent:
        line += f", {verdict.resent} sent again"
    if verdict.telemetry:
        line += f", {verdict.telemetry} readings sent"
    if verdict.median_ms is not None:
        line += (
            f"; raised to stored: median {verdict.median_ms:.1f} ms, "
            f"99% {verdict.p99_ms:.1f} ms, max {verdict.max_ms:.1f} ms"
        )
    return line


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="MQTT broker.")
@click.option("--port", type=click.IntRange(1, 65535), default=1883, show_default=True)
@click.option("--site", default="estate", show_default=True, help="The gateway's site.")
@click.option("--devices", type=click.IntRange(1, 9999), default=10, show_default=True)
@click.option(
    "--rate",
    type=click.FloatRange(0, 100_000, min_open=True),
    default=10.0,
    show_default=True,
    help="Events per second, all devices together.",
)
@click.option(
    "--telemetry-rate",
    type=click.FloatRange(0, 100_000),
    default=0.0,
    show_default=True,
    help="Telemetry messages per second, all devices together.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0, 86_400, min_open=True),
    default=10.0,
    show_default=True,
    help="How long events are raised.",
)
@click.option(
    "--grace",
    type=click.FloatRange(0, 3600),
    default=10.0,
    show_default=True,
    help="How long to wait for the last answers.",
)
@click.option("--register", is_flag=True, help="Print the devices' register (TOML) and end.")
@click.option("--json", "as_json", is_flag=True, help="The verdict as one JSON object.")
def simulate(
    host: str,
    port: int,
    site: str,
    devices: int,
    rate: float,
    telemetry_rate: float,
    seconds: float,
    grace: float,
    register: bool,
    as_json: bool,
) -> None:
    """Raise events as many devices would, and count.

    It counts what the gateway stored. Devices sim-0001 and so on report door movements and
    sometimes a test. They repeat an event without an answer every 2 s. The gateway must know the
    devices: add the output of --register to its register. The command ends with 0 if everything
    was stored, 4 if not, and 3 without a broker.

    Example: callpoint simulate --port 1883 --devices 50 --rate 200 --seconds 10
    """
    if register:
        click.echo(register_text(devices))
        return
    if not topics.valid_id(site):
        fail(rig_said("simulate.site"), USAGE)
    ledger = Ledger()
    fleet = Fleet(site, devices, ledger)
    try:
        fleet.open(host, port, CONNECT_S)
        click.echo(f"{devices} devices at {host}:{port} for {seconds:g} s", err=True)
        _drive(fleet, ledger, rate, telemetry_rate, seconds, grace)
    except NoBroker as error:
        fail(rig_said("simulate.no_broker", where=f"{host}:{port}", why=error.why), MISSING)
    finally:
        fleet.close()
    verdict = ledger.verdict()
    click.echo(json.dumps(msgspec.to_builtins(verdict)) if as_json else _text(verdict))
    if not verdict.good:
        missing = verdict.raised - verdict.stored
        fail(rig_said("simulate.not_stored", count=missing, site=site), BAD)
