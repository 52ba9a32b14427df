"""Which adapter is meant, and what is said when it is not there."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from serial.tools import list_ports

from callpoint_gateway.configuration.config import Serial
from callpoint_gateway.sources.serial_port import AdapterMissing, SerialPort


def _settings(usb: str | None = None, port: str | None = None) -> Serial:
    return Serial(name="a", usb=usb, port=port, keys_file="k")


@pytest.mark.parametrize(
    ("usb", "said"),
    [
        ("0403:6001:B", None),
        ("10C4:EA60", None),  # in hex, of either case
        ("0403:6001:C", "no adapter 0403:6001:C is plugged in"),
        ("1234:5678", "no adapter 1234:5678 is plugged in"),
        ("0403:6001", "2 adapters are 0403:6001"),
    ],
)
def test_an_adapter_is_found_by_what_it_is(
    monkeypatch: pytest.MonkeyPatch, usb: str, said: str | None
) -> None:
    board, gateway = os.openpty()
    plugged = [
        SimpleNamespace(vid=0x0403, pid=0x6001, serial_number="A", device="/nowhere"),
        SimpleNamespace(vid=0x0403, pid=0x6001, serial_number="B", device=os.ttyname(gateway)),
        SimpleNamespace(vid=0x10C4, pid=0xEA60, serial_number=None, device=os.ttyname(gateway)),
        SimpleNamespace(vid=None, pid=None, serial_number=None, device="/dev/ttyS0"),
    ]
    monkeypatch.setattr(list_ports, "comports", lambda: plugged)
    if said is None:
        port = SerialPort(_settings(usb))
        os.write(board, b"here\n")
        assert port.read() == b"here\n"
        assert port.same()
        port.close()
    else:
        with pytest.raises(AdapterMissing, match=said) as met:
            SerialPort(_settings(usb))
        assert "usb in [[serial]]" in str(met.value.remedy)
    os.close(board)
    os.close(gateway)


def test_what_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(AdapterMissing, match=r"nowhere: No such file or directory") as met:
        SerialPort(_settings(port=str(tmp_path / "nowhere")))
    assert "correct port in [[serial]]" in str(met.value.remedy)
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(AdapterMissing, match=str(file)):
        SerialPort(_settings(port=str(file)))


def test_two_do_not_share_a_line() -> None:
    board, gateway = os.openpty()
    first = SerialPort(_settings(port=os.ttyname(gateway)))
    with pytest.raises(AdapterMissing, match=os.ttyname(gateway)):
        SerialPort(_settings(port=os.ttyname(gateway)))
    first.close()
    SerialPort(_settings(port=os.ttyname(gateway))).close()
    os.close(board)
    os.close(gateway)
