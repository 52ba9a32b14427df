"""Measures Callpoint and, in the same run, the floors of its parts: ``make bench``.

It prints a table and writes ``build/bench.json``. The figures hold for this machine and this run;
no figure passes or fails.
"""

import asyncio
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

import backlog
import centres
import console
import console_load
import device
import district
import district_city
import district_upstream
import drain
import flash
import flood
import floors
import ingest
import installation
import msgspec
import neighbours
import notify
import plan
import reload
import walk_test
import where_time_goes
from process import resident_mb

from callpoint_rig.rig import Rig
from callpoint_rig.virtual_board import VirtualBoard

PRESSES = 200
SOON_S = 30.0
DEBOUNCE_S = 0.06  # shorter, and a press would fall into the debounce of the release before it


class Row(msgspec.Struct):
    """A result; ``ratio`` is ``value`` divided by ``floor``."""

    name: str
    value: float
    unit: str
    floor: float | None
    ratio: float | None
    note: str


def row(name: str, value: float, unit: str, floor: float | None = None, note: str = "") -> Row:
    """Return a row with rounded figures."""
    ratio = round(value / floor, 2) if floor else None
    return Row(name, round(value, 3), unit, floor and round(floor, 3), ratio, note)


def quantile(values: list[float], which: str) -> float:
    """Return the median (p50) or the 99th percentile (p99)."""
    return statistics.quantiles(values, n=100)[49 if which == "p50" else 98]


async def press_often(rig: Rig, board: VirtualBoard) -> tuple[list[float], list[float]]:
    """Return, for each press, ms until the lamp shows *stored* and *centre*."""
    stored, centre = [], []
    for _ in range(PRESSES):
        seen, received = len(board.moments), len(rig.receiver.received)
        pressed = await board.press("button")
        stored.append((await board.until_lamp("stored", SOON_S, seen)).at_ms - pressed)
        centre.append((await board.until_lamp("centre", SOON_S, seen)).at_ms - pressed)
        await board.set("button", 0)
        while len(rig.receiver.received) < received + 2:  # noqa: ASYNC110 - counts, not news
            await asyncio.sleep(0.005)
        await asyncio.sleep(DEBOUNCE_S)
    return stored, centre


async def presses(folder: Path, *, tls: bool) -> list[Row]:
    """Return the rows of one transport."""
    rig = Rig(folder, tls=tls)
    board = rig.board("button", [{"zone": 1, "kind": "panic", "input": "button"}])
    rows = []
    floor = await floors.of(rig, folder)
    async with rig:
        await board.until_up(SOON_S)
        rss_mb = resident_mb(rig.gateway.pid)
        stored, centre = await press_often(rig, board)
        if not tls:
            rows.append(row("gateway_rss_mb", rss_mb, "MB", None, "at rest; aim 60 or less"))
            await rig.gateway.stop()
            least_s = floors.python_start_s()
            started = time.monotonic()
            await rig.start_gateway()
            took_s = time.monotonic() - started
            note = "until both sessions stand; floor: Python importing the service"
            rows.append(row("gateway_start_s", took_s, "s", least_s, note))
    suffix = "_tls" if tls else ""
    for which in ("p50", "p99"):
        least = sum(quantile(part, which) for part in floor)
        for name, values in (("stored", stored), ("centre", centre)):
            rows.append(
                row(
                    f"press_to_{name}_{which}_ms{suffix}",
                    quantile(values, which),
                    "ms",
                    least,
                    "press to lamp; floor: MQTT round trip + fsync + DC-09 exchange",
                )
            )
    return rows


async def ingest_rows(folder: Path) -> list[Row]:
    """Return the rows of the way from the broker to the disk."""
    rig = ingest.rig(folder)
    async with floors.alone(rig):
        floor = await ingest.bare_per_s(rig.port, ingest.EACH, 1)
    async with rig:
        durable = await ingest.durable_per_s(rig, ingest.EACH, 2)
        note = "both lanes, validated; floor: paho alone, nothing stored; aim 0.95"
        rows = [row("ingest_durable_per_s", durable, "/s", floor, note)]
    rig = ingest.rig(folder / "slow", sync_s=ingest.SD_SYNC_S)
    async with rig:
        durable = await ingest.durable_per_s(rig, ingest.EACH // 2, 2)
        note = "the same, each sync 20 ms longer: an emulated SD card; aim 9,000"
        rows.append(row("ingest_durable_sd20_per_s", durable, "/s", floor, note))
    rig = ingest.rig(folder / "paced")
    async with floors.alone(rig):
        echoed = await ingest.echoed(rig, 4)
    async with rig:
        stored, centre = await ingest.latencies(rig, 3)
    note = f"{ingest.EVENTS_PER_S} events/s beside {ingest.READINGS_PER_S} readings/s, publication"
    for name, values, aim in (("durable", stored, 2), ("centre", centre, 8)):
        rows += [
            row(
                f"event_{name}_{which}_ms",
                quantile(values, which),
                "ms",
                quantile(echoed, which),
                f"{note} to its answer; floor: a peer that only answers; aim {aim} at p99",
            )
            for which in ("p50", "p99")
        ]
    return rows


async def backlog_rows(folder: Path) -> list[Row]:
    """Return the rows of a long outage, of disk writes and of a fleet."""
    found = await backlog.start_and_drain(folder / "backlog")
    behind = f"{backlog.ROWS:,} readings behind"
    rows = [
        row("start_backlog_s", found["start_s"], "s", None, f"{behind}; aim 2"),
        row("rss_backlog_mb", found["rss_mb"], "MB", None, f"{behind}, nowhere to go; aim 80"),
        row("drain_rows_per_s", found["rows_per_s"], "/s", None, "beside events; aim 40,000"),
        row("rss_draining_mb", found["rss_draining_mb"], "MB", None, "after it; aim 80"),
        row("event_durable_draining_p99_ms", found["durable_p99_ms"], "ms", None, "meanwhile"),
        row(
            "event_centre_draining_p99_ms", found["centre_p99_ms"], "ms", None, "meanwhile; aim 15"
        ),
    ]
    alone = await asyncio.to_thread(drain.drain, folder / "drain", 300_000)
    rows.append(row("drain_alone_rows_per_s", alone.rows_per_s, "/s", None, "aim 50,000"))
    written = await backlog.disk_gb_per_day(folder / "disk")
    note = f"{backlog.DISK_PER_S} readings a second; aim 2"
    rows.append(row("disk_gb_per_day", written, "GB", None, note))
    fleet = await backlog.fleet(folder / "fleet")
    alarms = f"{backlog.FLEET_ALARMS_PER_S} alarms/s"
    note = f"{backlog.FLEET} devices, a heartbeat a second each, {alarms}"
    rows.append(row("fleet_lost", fleet["lost"], "", None, f"of {fleet['raised']:.0f}; {note}"))
    rows.append(
        row("fleet_rss_growth_mb", fleet["rss_growth_mb"], "MB", None, "second half minute")
    )
    rows.append(row("fleet_cpu_cores", fleet["cpu_cores"], "", None, "of the gateway; aim 1"))
    paused, rest = await reload.pause_ms(folder / "reload")
    note = f"longest of the loop, {reload.DEVICES:,} devices; floor: at rest; aim 100"
    rows.append(row("reload_pause_ms", paused, "ms", rest, note))
    return rows


async def device_rows(folder: Path) -> list[Row]:
    """Return the rows of the firmware."""
    rows = [row("fw_mpy_kb", device.firmware_kb(), "KB", None, "aim 80 or less, without boards")]
    programs, erases = device.flash_per_event()
    rows.append(row("fw_programs_per_event", programs, "", None, "aim 1, plus a sector's two"))
    rows.append(row("fw_erases_per_event", erases, "", None, "aim 0.05 or less"))
    if device.has_32_bit():
        printed = await device.memory(folder / "memory", "96k", device.ROUNDS, device.EVERY)
        rounds = [lap["used"] for lap in printed[2:]]
        in_place, files = device.import_heap_kib(folder / "import")
        note = "aim 48 or less; modules in place, as frozen on a device"
        rows.append(row("fw_import_heap_kib", in_place, "KiB", None, note))
        note = "the same loaded from .mpy files into the heap"
        rows.append(row("fw_import_heap_files_kib", files, "KiB", None, note))
        note = "TLS connected, in place, in a heap of 96; aim 52 or less"
        rows.append(row("fw_running_heap_kib", max(rounds) / 1024, "KiB", None, note))
        printed_files = await device.memory(
            folder / "files", "128k", 10, 5, image_of=device.slot_tree
        )
        used = max(lap["used"] for lap in printed_files[2:])
        note = "TLS connected, loaded from a stock board's slot; aim 84 or less"
        rows.append(row("fw_stock_running_heap_kib", used / 1024, "KiB", None, note))
        largest = await device.largest_request(folder / "pieces")
        note = "events, link made anew; an update by a test; aim 2,048 or less"
        rows.append(row("fw_largest_request_bytes", largest, "B", None, note))
        note = f"over {printed[-1]['seq']} events, {printed[-1]['reconnects']} lost links; aim 0"
        rows.append(row("fw_heap_growth_bytes", rounds[-1] - rounds[0], "B", None, note))
    reconnect_s, late_ms, published = await device.outages(folder / "outages")
    note = f"worst of {device.OUTAGES}: broker's return to *stored*; aim 2 or less"
    rows.append(row("fw_reconnect_s", reconnect_s, "s", None, note))
    note = "broker killed, broker frozen, gateway frozen; on this machine; aim 100 or less"
    rows.append(row("fw_loop_block_max_ms", late_ms, "ms", None, note))
    note = "press to a subscriber, so more than to PUBLISH; aim 10 or less"
    rows.append(row("fw_raise_to_publish_ms", quantile(published, "p50"), "ms", None, note))
    return rows


def installation_rows(folder: Path) -> list[Row]:
    """Return the row of a clean machine; none where this user cannot make one."""
    if not installation.can():
        return []
    took = installation.seconds(folder)
    note = f"apt install {took['install']:.1f}, callpoint setup {took['setup']:.1f}; aim 60"
    return [row("install_s", sum(took.values()), "s", None, note)]


async def centre_rows(folder: Path) -> list[Row]:
    """Return the rows of the way from the journal to a centre."""
    ours, bare = await centres.exchange_ms(folder / "exchange")
    note = "journal to acknowledgement; floor: the same frame over a bare socket, in turns"
    rows = [
        row(
            f"centre_exchange_{which}_ms", quantile(ours, which), "ms", quantile(bare, which), note
        )
        for which in ("p50", "p99")
    ]
    rate = await centres.events_per_s(folder / "rate")
    note = "to one receiver that answers in 1 ms, answers on disk; aim 200"
    rows.append(row("centre_events_per_s", rate, "1/s", None, note))
    took = await centres.failover_s(folder / "failover")
    rows.append(
        row("failover_s", took, "s", None, "first path silent, panic on the second; aim 5")
    )
    took = await centres.path_loss_report_s(folder / "loss")
    note = "path silent to its report over the other one; aim 90"
    rows.append(row("path_loss_report_s", took, "s", None, note))
    delays = await neighbours.all_kinds(folder / "neighbours")
    floor = delays.pop("none")
    each = ", ".join(f"{name} {took:.2f}" for name, took in delays.items())
    note = f"worst beside a bad neighbour: {each}; floor: alone; bound {neighbours.BOUND_S:g}"
    rows.append(row("other_alarm_delay_s", max(delays.values()), "s", floor, note))
    took, floor = await flood.other_delay_s(folder / "flood")
    note = f"press to receiver beside {flood.FLOOD:,} panics of another board; floor: alone; aim 1"
    rows.append(row("flood_other_delay_s", took, "s", floor, note))
    took = await centres.priority_s(folder / "priority")
    note = f"link's return to the last of {centres.URGENT} urgent in {centres.BACKLOG}; aim 1"
    rows.append(row("priority_after_outage_s", took, "s", None, note))
    built, parsed = centres.frames_per_s()
    rows.append(row("dc09_build_per_s", built, "1/s", None, "clear SIA-DCS frames"))
    rows.append(row("dc09_parse_per_s", parsed, "1/s", None, "the same"))
    built, parsed = centres.gbt_frames_per_s()
    rows.append(row("gbt26875_build_per_s", built, "1/s", None, "status of one component"))
    rows.append(row("gbt26875_parse_per_s", parsed, "1/s", None, "the same"))
    return rows


async def console_rows(folder: Path) -> list[Row]:
    """Return the rows of the console."""
    found = await console.press_to_page(folder / "press")
    note = f"{console.PRESSES} presses to the row in a real browser, {console.CLIENTS} more "
    note += f"clients, missed {found.missed}; floor: commit to a bare client; aim 300 at p99"
    rows = [
        row(
            f"press_to_page_{which}_ms",
            quantile(found.page_ms, which),
            "ms",
            quantile(found.client_ms, which),
            note,
        )
        for which in ("p50", "p99")
    ]
    ticks = await walk_test.press_to_tick(folder / "walk")
    note = f"{walk_test.PRESSES} presses to the tick on a technician's page in a real browser, "
    note += f"missed {ticks.missed}; floor: press to the journal; aim 1,000"
    tick = quantile(ticks.tick_ms, "p99")
    rows.append(row("walktest_tick_p99_ms", tick, "ms", quantile(ticks.stored_ms, "p99"), note))
    memory = await console.memory_mb(folder / "large", 10_000)
    note = f"{console.CLIENTS} clients, 10,000 devices in the register; aim 90"
    rows.append(row("console_rss_mb", memory, "MB", None, note))
    took = await console.page_ms(folder / "page", 2_000)
    note = "the overview at 2,000 devices, rendered anew, signed in; aim 100"
    rows.append(row("console_page_ms", statistics.median(took), "ms", None, note))
    beside, alone = await console_load.centre_ms_beside(folder / "beside")
    note = f"the gateway's, beside {console_load.CLIENTS} open pages; floor: without; ratio 1.2"
    rows.append(
        row(
            "event_centre_console_p99_ms",
            quantile(beside, "p99"),
            "ms",
            quantile(alone, "p99"),
            note,
        )
    )
    raced = await console_load.race(folder / "race")
    note = f"of {console_load.ALARMS:,} that two operators take at once, {raced.by[0]} to "
    note += f"{raced.by[1]}, {raced.untaken} taken by nobody, {raced.per_s:.0f}/s; aim 0"
    rows.append(row("take_races_double", raced.double, "", None, note))
    return rows


def notify_rows(folder: Path) -> list[Row]:
    """Return the rows of telling people outside."""
    found = notify.alarms_in_a_minute(folder / "notify")
    note = f"worst of {notify.ALARMS} alarms in {notify.SECONDS:.0f} s, commit to a robot that "
    note += f"takes 20 messages a minute ({found.messages} sent); aim 10"
    return [
        row("notify_p1_s", found.p1_s, "s", None, note),
        row("notify_lost", found.lost, "", None, f"{found.twice} told twice; aim 0"),
        row("notify_blocked", found.blocked, "", None, "how often the robot blocked us; aim 0"),
        row("notify_rss_mb", found.rss_mb, "MB", None, "of the notifier, with Apprise in it"),
    ]


def technician_rows(folder: Path) -> list[Row]:
    """Return the rows of the technician's set."""
    took = plan.seconds(folder)
    note = f"{plan.UNITS} units to identities, certificates, labels: both commands; aim 20"
    rows = [row("plan_500_s", took, "s", None, note)]
    (folder / "batch").mkdir()
    found = flash.batch(folder / "batch")
    of = f"{flash.BOARDS} boards over {flash.PORTS} ports at {flash.BAUD:,} baud"
    note = f"{of}: mean of plugging in to done, less the busy line; worst {max(found.own_s):.1f}"
    own_s = statistics.mean(found.own_s)
    rows.append(row("flash_overhead_s", own_s, "s", None, f"{note}; aim 2"))
    note = f"{of}, with the hands between; floor: the slowest line; aim floor + 10"
    rows.append(row("flash_batch_s", found.took_s, "s", found.slowest_line_s, note))
    (folder / "killed").mkdir()
    wrong = flash.wrong_after_kills(folder / "killed")
    note = f"identities on two boards or lost after {flash.KILLS} kills at random; aim 0"
    rows.append(row("flash_killed_wrong", wrong, "", None, note))
    return rows


async def district_rows(folder: Path) -> list[Row]:
    """Return the rows of a district, and of what telling it costs a gateway."""
    found = await district.measure(folder / "district", district.SECONDS)
    of = f"{district.GATEWAYS:,} gateways, {district.ALARMS_PER_S:g}/s, {district.SECONDS:g} s"
    alarms = len(found.took_ms)
    floor = quantile(found.floor_ms, "p99")
    rows = [
        row("district_lost", found.lost, "", None, f"entries; {alarms} alarms of {of}; aim 0"),
        row("district_twice", found.twice, "", None, "the same; aim 0"),
        row(
            "district_receipt_p99_ms",
            quantile(found.took_ms, "p99"),
            "ms",
            floor,
            "journal to receipt; floor: bare publish and one commit; aim 1,000",
        ),
        row(
            "district_page_p99_ms",
            quantile(found.page_ms, "p99"),
            "ms",
            floor,
            f"journal to an open page's row, missed {found.missed}; aim 1,300",
        ),
        row(
            "district_down_p99_ms",
            quantile(found.down_ms, "p99"),
            "ms",
            floor,
            "request to its entry at the district; the answer takes "
            f"{quantile(found.answer_ms, 'p99'):.0f}; aim 500",
        ),
    ]
    behind = f"{district.GATEWAYS * district.BEHIND:,} entries behind, all connect at once"
    note = f"last alarm shown; {behind} within {found.connected_s:.1f} s; aim 10"
    rows.append(row("district_urgent_s", found.urgent_all_s, "s", None, note))
    note = "worst gateway, from its own connection to its last alarm shown; aim 2"
    rows.append(row("district_urgent_own_s", found.urgent_own_s, "s", None, note))
    rows.append(row("district_drain_s", found.drain_s, "s", None, f"{behind}; aim 60"))
    note = f"its console {found.console_rss_mb:.0f}; aim 150"
    rows.append(row("district_rss_mb", found.rss_mb, "MB", None, note))
    note = f"with {district.GATEWAYS:,} TLS connections"
    rows.append(row("district_engine_rss_mb", found.engine_rss_mb, "MB", None, note))
    note = "of the database's disk, with indexes"
    rows.append(row("district_entry_bytes", found.entry_bytes, "B", None, note))
    note = f"cores; {_others(found.load)}; aim 0.5"
    rows.append(row("district_cpu_cores", found.load.district, "", None, note))
    note = f"the same while {behind}; {_others(found.drain_load)}"
    rows.append(row("district_drain_cpu_cores", found.drain_load.district, "", None, note))
    off = await district_upstream.cost(folder / "off", upstream=False)
    on = await district_upstream.cost(folder / "on", upstream=True)
    note = f"of a gateway, beside the same without, {off.rss_mb:.1f}; aim 12"
    rows.append(row("upstream_rss_mb", on.rss_mb - off.rss_mb, "MB", None, note))
    note = f"processor {on.cpu_s:.1f} s for {off.cpu_s:.1f}; district nice 19, in memory; "
    note += "floor: without; aim ratio 1.1"
    centre = [quantile(each.centre_ms, "p99") for each in (on, off)]
    rows.append(row("event_centre_upstream_p99_ms", centre[0], "ms", centre[1], note))
    return rows


async def city_rows(folder: Path) -> list[Row]:
    """Return the rows of a city that gets the chains of one district."""
    found = await district_city.measure(folder / "city")
    entries = district_city.GATEWAYS * district_city.ENTRIES
    of = f"{district_city.GATEWAYS:,} chains, {entries:,} entries"
    note = f"{of}, from the start of the district's process; floor: kept by one process"
    rows = [
        row("district_city_drain_s", found.drain_s, "s", found.floor_s, note),
        row("district_city_lost", found.lost, "", None, f"entries; {of}; aim 0"),
        row("district_city_twice", found.twice, "", None, "the same; aim 0"),
    ]
    note = f"{district_city.ALARMS} alarms, district's commit to the city's"
    took = {which: quantile(found.took_ms, which) for which in ("p50", "p99")}
    rows += [
        row(f"district_city_alarm_{which}_ms", ms, "ms", None, note) for which, ms in took.items()
    ]
    note = f"start of the district's process until {district_city.NEWS} entries are at the city"
    rows.append(row("district_city_again_s", found.again_s, "s", None, note))
    note = f"most of the district's process; of the city's {found.city_mb:.0f}"
    rows.append(row("district_city_relay_rss_mb", found.district_mb, "MB", None, note))
    note = f"cores of the district's process while it drains; of the city's {found.city_cores:.2f}"
    rows.append(row("district_city_relay_cores", found.district_cores, "", None, note))
    note = "cores of both processes when nothing is new"
    rows.append(row("district_city_rest_cores", found.rest_cores, "", None, note))
    return rows


def _others(load: district.Load) -> str:
    return (
        f"engine {load.engine:.2f}, database {load.database:.2f}, simulated gateways "
        f"{load.simulators:.2f} of the same {os.cpu_count()}"
    )


def conditions() -> dict[str, object]:
    """Return a description of the machine and its programs."""
    return {
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "kernel": platform.release(),
        "presses": PRESSES,
        "boards": "virtual, 64-bit MicroPython on the same machine; memory on the 32-bit one",
        "esp32": "not measured",
    }


def show(rows: list[Row]) -> None:
    """Print the table."""
    print(f"{'name':30} {'value':>10} {'unit':5} {'floor':>9} {'ratio':>6}  note")
    for row in rows:
        floor = "-" if row.floor is None else f"{row.floor:.3f}"
        ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
        print(f"{row.name:30} {row.value:10.3f} {row.unit:5} {floor:>9} {ratio:>6}  {row.note}")


def main() -> None:
    """Measure, print and write."""
    rows: list[Row] = []
    for tls in (False, True):
        print(f"{PRESSES} presses {'over TLS' if tls else 'in clear'} ...", file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            rows += asyncio.run(presses(Path(folder), tls=tls))
    print("the way to the disk ...", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        rows += asyncio.run(ingest_rows(Path(folder)))
    print("the centres ...", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        rows += asyncio.run(centre_rows(Path(folder)))
    print("backlog, disk, fleet ...", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        rows += asyncio.run(backlog_rows(Path(folder)))
    print("the console ...", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        rows += asyncio.run(console_rows(Path(folder)))
    print("the district ...", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        rows += asyncio.run(district_rows(Path(folder)))
        rows += asyncio.run(city_rows(Path(folder)))
    print("telling people ...", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        rows += notify_rows(Path(folder))
    print("the technician ...", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        rows += technician_rows(Path(folder))
    print("the device ...", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        rows += asyncio.run(device_rows(Path(folder)))
        rows += installation_rows(Path(folder))
    print("where the time goes ...", file=sys.stderr)
    loads = where_time_goes.trace()
    show(rows)
    where_time_goes.show(loads)
    target = Path("build/bench.json")
    target.parent.mkdir(exist_ok=True)
    results = msgspec.to_builtins(rows)
    target.write_text(json.dumps({"conditions": conditions(), "results": results}, indent=2))
    print(f"written to {target}", file=sys.stderr)


if __name__ == "__main__":
    main()
