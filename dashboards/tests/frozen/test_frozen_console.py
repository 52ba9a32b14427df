"""A console that stands still: alarms are stored, the journal is checkpointed or the fault says by
whom it is not, and the pages go on when it wakes.

``soak.py`` plays ten minutes of it with a real gateway.
"""

from pathlib import Path

import httpx2

from callpoint_gateway.journal.entries import FaultBody, Quarantine
from callpoint_gateway.journal.log_holders import HELD_BYTES, log_bytes, log_holders
from callpoint_gateway.journal.reader import WAL_BYTES
from callpoint_gateway.supervision.faults import Faults, open_faults
from callpoint_gateway.supervision.journal_watch import HELD_AFTER_S, JournalWatch

from ..accounts.office import ManualClock
from ..console.estate import Estate, estate
from ..waiting import until
from .freezing import FreezingConsole

PIECE = 200_000
FAULT = "journal/alarms/log"
BUTTON, OTHER = "button-1-101", "button-1-102"


def grow(site: Estate, size: int) -> None:
    """Write so much that the log exceeds ``size`` bytes if it is held."""
    for _ in range(size // PIECE * 11 // 10):
        site.store(Quarantine("mqtt", "topic", "no JSON", b"x" * PIECE))


def test_frozen_between_two_reads_and_within_one(tmp_path: Path) -> None:
    config = tmp_path / "gateway.toml"
    config.write_text('[gateway]\nsite = "estate"\nstate_dir = "state"\nregister = "r.toml"\n')
    (tmp_path / "r.toml").write_text("")
    (tmp_path / "state").mkdir()
    with estate(tmp_path / "state") as site:
        frozen = FreezingConsole(config)
        try:
            _plays(site, frozen)
        finally:
            frozen.process.kill()


def _plays(site: Estate, frozen: FreezingConsole) -> None:
    journal = site.alarms
    frozen.freeze_between_reads()
    assert log_holders(journal.path) == []
    grow(site, WAL_BYTES)
    assert log_bytes(journal.path) <= WAL_BYTES
    frozen.thaw()

    frozen.freeze_within_a_read(lambda: _alarms(site, 10))
    assert [holder.pid for holder in log_holders(journal.path)] == [frozen.process.pid]
    clock = ManualClock()
    faults = Faults(journal, clock)
    watch = JournalWatch(faults, journal)
    grow(site, HELD_BYTES)
    newest = site.event(OTHER)  # it is on disk
    watch.look()
    clock.advance(HELD_AFTER_S)
    watch.look()
    faults.look()
    site.fault("alarms")
    fault = open_faults(journal)[FAULT].body
    assert isinstance(fault, FaultBody)
    assert f"process {frozen.process.pid} (" in fault.reason
    assert f"kill -CONT {frozen.process.pid}" in fault.remedy

    frozen.thaw()
    cookie = {"callpoint-session": frozen.process.cookie("en")["value"]}
    with httpx2.Client(base_url=frozen.process.address, cookies=cookie, timeout=60) as browser:
        until(lambda: f'data-alarm="{newest}"' in browser.get("/").text)
    watch.look()
    site.fault("alarms")
    assert FAULT not in open_faults(journal)
    grow(site, WAL_BYTES)
    assert log_bytes(journal.path) <= WAL_BYTES


def _alarms(site: Estate, count: int) -> None:
    """Raise alarms in one commit, so that one query has several rows."""
    site.store(*(site.new_event(BUTTON) for _ in range(count)))
