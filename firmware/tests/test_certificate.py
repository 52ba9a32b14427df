"""A device takes only a later certificate of its own name and key, and nothing else."""

from __future__ import annotations

import datetime
import json
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from interpreters import FIRMWARE, NAMES, PROTOCOL, interpreter

from callpoint_gateway.broker import certificates
from callpoint_protocol import names

_SCRIPT = Path(__file__).with_name("certificate_script.py")
_LONGEST = "x" * names.MAX_ID
_NOW = datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC)
_DAY = datetime.timedelta(days=1)


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _authority(site: str) -> certificates.Signer:
    return certificates.issuing(site, certificates.root(site, _NOW), _NOW)


def _later(
    device: certificates.Signer,
    by: certificates.Signer,
    until: datetime.datetime,
    name: str = _LONGEST,
) -> bytes:
    made = certificates.renewed(name, device.key.public_key(), by, until)
    return certificates.der(made)


def _answers(name: str, pairs: list[tuple[bytes, bytes]]) -> list[bool]:
    lines = "".join(f"{used.hex()} {new.hex()}\n" for used, new in pairs)
    done = subprocess.run(
        [interpreter(name), str(_SCRIPT), str(FIRMWARE), str(PROTOCOL)],
        input=lines,
        capture_output=True,
        text=True,
        timeout=200,
        check=True,
    )
    return [line == "True" for line in done.stdout.splitlines()]


def test_a_later_one_for_the_same_key_is_taken(name: str) -> None:
    by = _authority(_LONGEST)
    device = certificates.client(_LONGEST, by, _NOW)
    used = certificates.der(device.certificate)
    ends = device.certificate.not_valid_after_utc
    good = [
        _later(device, by, ends + _DAY),
        _later(device, by, datetime.datetime(2051, 5, 5, tzinfo=datetime.UTC)),  # GeneralizedTime
    ]
    assert max(map(len, good)) <= 500  # what the store keeps and the protocol promises
    after_2050 = [
        (good[1], _later(device, by, datetime.datetime(2052, 1, 1, tzinfo=datetime.UTC)))
    ]
    assert _answers(name, [*((used, new) for new in good), *after_2050]) == [True] * 3


def test_what_is_another_or_ends_no_later_is_not_taken(name: str) -> None:
    by = _authority("estate")
    device = certificates.client(_LONGEST, by, _NOW)
    used = certificates.der(device.certificate)
    ends = device.certificate.not_valid_after_utc
    late = _later(device, by, ends + _DAY)
    bad = {
        "the same": used,
        "same end": _later(device, by, ends),
        "earlier": _later(device, by, ends - _DAY),
        "another name": _later(device, by, ends + _DAY, "y" * names.MAX_ID),
        "another key": certificates.der(
            certificates.client(_LONGEST, by, _NOW + _DAY).certificate
        ),
        "another authority": _later(device, _authority("estate"), ends + _DAY),
        "another site": _later(device, _authority("other"), ends + _DAY),
        "of a broker": certificates.der(
            certificates.server(["localhost"], by, _NOW + _DAY).certificate
        ),
        "in PEM": x509.load_der_x509_certificate(late).public_bytes(Encoding.PEM),
        "with a tail": late + b"\x00",
        "nothing": b"",
    }
    answers = _answers(name, [(used, new) for new in bad.values()])
    assert dict(zip(bad, answers, strict=True)) == dict.fromkeys(bad, False)
    cut = [(used, late[:length]) for length in range(len(late))]
    assert _answers(name, cut) == [False] * len(cut)


def test_no_changed_byte_ends_the_device(name: str) -> None:
    """What a change may alter and still be taken is number, end and signature."""
    by = _authority("estate")
    device = certificates.client("lobby", by, _NOW)
    used = certificates.der(device.certificate)
    late = _later(device, by, device.certificate.not_valid_after_utc + _DAY, "lobby")
    changed = [
        late[:at] + bytes([late[at] ^ mask]) + late[at + 1 :]
        for at in range(len(late))
        for mask in (0x01, 0x80, 0xFF)
    ]
    taken = _answers(name, [(used, new) for new in changed])
    assert len(taken) == len(changed)
    signed = x509.load_der_x509_certificate(late).tbs_certificate_bytes
    at_risk = sum(taken[: 3 * (4 + len(signed))])
    assert at_risk <= 3 * (20 + 13)  # serial number and end


def test_a_trial_is_one_attempt_and_ends(name: str) -> None:
    """It waits for a quiet moment, and never tries twice what was refused."""
    script = _SCRIPT.with_name("trial_script.py")
    done = subprocess.run(
        [interpreter(name), str(script), str(FIRMWARE), str(PROTOCOL)],
        capture_output=True,
        text=True,
        timeout=200,
        check=True,
    )
    told = {one.pop("case"): one for one in map(json.loads, done.stdout.splitlines())}
    taken = {"used": ["new"], "kept": 1, "over": True}
    assert told == {
        "taken": taken | {"reconnects": 1},
        "refused": {"used": ["new", "old"], "kept": 0, "over": True, "reconnects": 1},
        "lost at once": {"used": ["new", "new"], "kept": 1, "over": True, "reconnects": 1},
        "never quiet": {"used": [], "kept": 0, "over": True, "reconnects": 0},
        "lost before it was quiet": taken | {"reconnects": 0},
        # A connection that stands and proves nothing is given up.
        "slow": {"used": ["new", "old"], "kept": 0, "over": True, "reconnects": 2},
    }
