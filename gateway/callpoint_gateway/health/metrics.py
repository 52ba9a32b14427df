"""The gateway's metrics for Prometheus, and the answers to ``/health`` and ``/ready``.

All values are read from the parts on request; nothing is counted here. Labels name parts of the
gateway (a journal, a centre, a source), never a person or a single device.
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
from prometheus_client import generate_latest
from prometheus_client.core import (
    CollectorRegistry,
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from callpoint_gateway.alarms.situation import Silence
from callpoint_gateway.health.parts import GatewayParts
from callpoint_gateway.health.status_page import HttpReply
from callpoint_gateway.journal.disk_reserve import free_bytes
from callpoint_gateway.sinks.breaker import BreakerState

_PAGE = os.sysconf("SC_PAGE_SIZE")


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"callpoint_{name}", text, value=value)


def _written_bytes() -> int:
    """Return the bytes that this process has had written to disks (proc(5), write_bytes)."""
    for line in Path("/proc/self/io").read_text().splitlines():
        if line.startswith("write_bytes:"):
            return int(line.split()[1])
    return 0


class Metrics:
    """A collector of the Prometheus client."""

    def __init__(self, parts: GatewayParts) -> None:
        """Register the collector; ``parts`` are read on each request."""
        self._parts = parts
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def page(self) -> HttpReply:
        """Return ``/metrics``."""
        return 200, CONTENT_TYPE_LATEST, generate_latest(self._registry)

    def health(self) -> HttpReply:
        """Return ``/health``: 503 when a part has died."""
        dead = self._parts.dead()
        return self._reply("dead" if dead else "ok", dead)

    def ready(self) -> HttpReply:
        """Return ``/ready``: 503 while an event could not arrive and be stored."""
        waiting = self._parts.waits_for()
        return self._reply("waiting" if waiting else "ready", waiting)

    def _reply(self, status: str, wrong: list[str]) -> HttpReply:
        content = msgspec.json.encode({"status": status, "wrong": wrong})
        return (503 if wrong else 200), "application/json", content

    def collect(self) -> Iterator[Metric]:
        """Yield every metric."""
        yield from self._journals()
        yield from self._site()
        yield from self._centres()
        yield from self._sinks()
        yield from self._sources()
        yield from self._supervised()
        yield from self._machine()

    def _journals(self) -> Iterator[Metric]:
        head = GaugeMetricFamily("callpoint_journal_entries", "last position", labels=["journal"])
        size = GaugeMetricFamily("callpoint_journal_bytes", "on disk", labels=["journal"])
        commits = CounterMetricFamily("callpoint_commits", "transactions", labels=["journal"])
        rows = CounterMetricFamily("callpoint_rows", "entries appended", labels=["journal"])
        repeats = CounterMetricFamily("callpoint_repeats", "known already", labels=["journal"])
        waiting = GaugeMetricFamily("callpoint_submitted", "not committed", labels=["journal"])
        fault = GaugeMetricFamily("callpoint_disk_refuses", "1: not writable", labels=["journal"])
        kept = CounterMetricFamily("callpoint_quarantined", "not usable", labels=["source"])
        sources: Counter[str] = Counter()
        for journal in self._parts.journals:
            name = [journal.path.stem]
            files = journal.path.parent.glob(f"{journal.path.name}*")
            head.add_metric(name, journal.position)
            size.add_metric(name, sum(file.stat().st_size for file in files))
            commits.add_metric(name, journal.commits)
            rows.add_metric(name, journal.appended)
            repeats.add_metric(name, journal.repeats)
            waiting.add_metric(name, journal.waiting)
            fault.add_metric(name, journal.fault is not None)
            sources += journal.quarantined
        for source, count in sources.items():
            kept.add_metric([source], count)
        yield from (head, size, commits, rows, repeats, waiting, fault, kept)

    def _site(self) -> Iterator[Metric]:
        """Yield the backlogs, and how many alarms, troubles and missed devices the site has."""
        situation = self._parts.desk.situation()
        backlog = GaugeMetricFamily(
            "callpoint_backlog_entries", "work not finished", labels=["consumer", "journal"]
        )
        for waiting in situation.waiting:
            backlog.add_metric([waiting.consumer, waiting.journal], waiting.count)
        yield backlog
        real = situation.real
        yield _gauge("alarms_open", "real alarms that nobody has closed", len(real))
        overdue = sum(alarm.overdue for alarm in real)
        yield _gauge("alarms_overdue", "of these, with a missed deadline", overdue)
        drills = len(situation.exercised)
        yield _gauge("alarms_exercised", "open alarms of a drill", drills)
        yield _gauge("troubles", "that devices reported", len(situation.troubles))
        yield _gauge("quiet", "1: nothing is the matter", situation.quiet)
        missed = GaugeMetricFamily(
            "callpoint_devices_missed", "by kind of silence", labels=["how"]
        )
        counts = Counter(device.how for device in situation.missed)
        for how in Silence:
            missed.add_metric([how.value], counts[how])
        yield missed

    def _centres(self) -> Iterator[Metric]:
        oldest = GaugeMetricFamily(
            "callpoint_centre_oldest_seconds", "age of what is not delivered", labels=["centre"]
        )
        lost = GaugeMetricFamily("callpoint_centre_paths_lost", "paths", labels=["centre"])
        deliveries = CounterMetricFamily(
            "callpoint_deliveries", "by outcome", labels=["centre", "outcome"]
        )
        for sender in self._parts.centres.senders:
            oldest.add_metric([sender.name], sender.oldest_s)
            lost.add_metric([sender.name], len(sender.lost_paths))
            for outcome in ("delivered", "refused", "failed"):
                deliveries.add_metric([sender.name, outcome], getattr(sender, outcome))
        yield from (oldest, lost, deliveries)

    def _sinks(self) -> Iterator[Metric]:
        oldest = GaugeMetricFamily(
            "callpoint_sink_oldest_seconds", "age of what is not sent", labels=["sink"]
        )
        opened = GaugeMetricFamily(
            "callpoint_sink_breaker", "1: in this state", labels=["sink", "state"]
        )
        outcomes = CounterMetricFamily("callpoint_sink", "by outcome", labels=["sink", "outcome"])
        for feed in self._parts.feeds:
            oldest.add_metric([feed.name], feed.oldest_s)
            for state in BreakerState:
                opened.add_metric([feed.name, state.value], feed.state == state.value)
            for outcome in ("requests", "sent", "rejected", "failures"):
                outcomes.add_metric([feed.name, outcome], getattr(feed, outcome))
        yield from (oldest, opened, outcomes)

    def _sources(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("callpoint_session_up", "1: listening", labels=["session"])
        for session in self._parts.sessions:
            up.add_metric([session.name], session.listening)
        messages = CounterMetricFamily(
            "callpoint_messages", "by source and result", labels=["source", "what"]
        )
        for (source, what), count in list(self._parts.ingest.counted.items()):
            messages.add_metric([source, what], count)
        if self._parts.sources.coap is not None:
            messages.add_metric(["coap", "turned_away"], self._parts.sources.coap.refused)
        for line in self._parts.sources.lines:
            up.add_metric([line.name], line.listening)
            for what, count in list(line.counted.items()):
                messages.add_metric([line.name, what], count)
        yield from (up, messages)

    def _supervised(self) -> Iterator[Metric]:
        fault = GaugeMetricFamily("callpoint_fault", "1: reported", labels=["source"])
        remedy = GaugeMetricFamily(
            "callpoint_fault_remedy", "1: while the fault stands", labels=["source", "remedy"]
        )
        for part in self._parts.supervision.faults.states():
            stands = part.state.value == "fault"
            fault.add_metric([part.source], stands)
            if stands and part.remedy:
                remedy.add_metric([part.source, str(part.remedy)], 1)
        devices = GaugeMetricFamily("callpoint_devices", "by state", labels=["state"])
        states = Counter(device.state.value for device in self._parts.supervision.devices.states())
        for state, count in states.items():
            devices.add_metric([state], count)
        yield from (fault, remedy, devices)

    def _machine(self) -> Iterator[Metric]:
        folder = self._parts.alarms.path.parent
        yield _gauge("disk_free_bytes", "in the state directory", free_bytes(folder))
        yield CounterMetricFamily(
            "callpoint_disk_written_bytes", "by this process", value=_written_bytes()
        )
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
        yield _gauge("resident_bytes", "memory of this process", resident)
        cpu = CounterMetricFamily("callpoint_cpu_seconds", "of this process")
        cpu.add_metric([], sum(os.times()[:2]))
        yield cpu
