"""What a real Mosquitto does when it is configured wrongly, each way in turn."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from callpoint_gateway.broker.configuration import CHECK, write_configuration
from callpoint_gateway.broker.probe import probe
from callpoint_gateway.broker.truths import NAMES, Truth, examine, persistence
from callpoint_gateway.configuration.config import Broker
from callpoint_protocol import names, topics
from callpoint_rig.ports import free_port

from ..mosquitto_process import running
from .secured_broker import SITE, secured

ELSEWHERE = "127.0.0.2"


@contextmanager
def mosquitto(
    folder: Path, program: str, *wrong: str, port: int | None = None
) -> Iterator[Broker]:
    """Run the generated configuration with some settings replaced."""
    port = port or free_port()
    path = write_configuration(folder, port, user=getpass.getuser())
    lines = path.read_text().splitlines()
    for setting in wrong:
        key = setting.split()[0]
        # In its place: what follows a listener is of that listener.
        place = next((n for n, one in enumerate(lines) if one.split()[0] == key), len(lines))
        lines[place : place + 1] = [setting]
    path.write_text("\n".join(lines) + "\n")
    with running(path, port, program):
        yield Broker(port=port)


def bad(found: list[Truth]) -> dict[str, tuple[str, str]]:
    assert all(bool(one.remedy) != one.good for one in found)
    return {one.name: (str(one.text), str(one.remedy)) for one in found if not one.good}


def test_the_generated_configuration_is_right(tmp_path: Path, program: str) -> None:
    with mosquitto(tmp_path, program) as broker:
        found = examine(broker, "estate", outward=lambda: [ELSEWHERE])
    assert bad(found) == {}
    assert [one.name for one in found] + ["persistence"] == list(NAMES)
    (anonymous,) = (one for one in found if one.name == "anonymous")
    assert "on this machine everybody can, and can take over sessions" in str(anonymous.text)


@pytest.mark.parametrize(
    ("wrong", "name", "words"),
    [
        ("max_inflight_messages 20", "in-flight", ("only 20", "max_inflight_messages 1000")),
        ("max_queued_messages 1000", "queue", ("10 of 1010", "max_queued_messages 1000000")),
        ("set_tcp_nodelay false", "nodelay", ("waits", "set_tcp_nodelay true")),
        ("retain_available false", "retained", ("no retained", "retain_available true")),
        ("max_packet_size 1500", "message-size", ("drops", "max_packet_size 8192")),
        ("listener {port} 0.0.0.0", "anonymous", (ELSEWHERE, "--tls")),
    ],
)
def test_each_wrong_setting_is_named(
    tmp_path: Path, program: str, wrong: str, name: str, words: tuple[str, str]
) -> None:
    port = free_port()
    with mosquitto(tmp_path, program, wrong.format(port=port), port=port) as broker:
        found = bad(examine(broker, "estate", outward=lambda: [ELSEWHERE]))
    assert list(found) == [name]
    assert all(word in told for word, told in zip(words, found[name], strict=True))


def test_settings_of_each_listener_are_named_where_they_lose(tmp_path: Path, program: str) -> None:
    """Mosquitto 2.0.21 loses with them, 2.0.11 does not: what is found must be what is said."""
    port = free_port()
    path = write_configuration(tmp_path, port, user=getpass.getuser())
    path.write_text("per_listener_settings true\n" + path.read_text())
    with running(path, port, program):
        found = bad(examine(Broker(port=port), "estate", outward=lambda: [ELSEWHERE]))
    assert not found or "set per_listener_settings false" in found["queue"][1]


def test_an_acl_that_keeps_commands_from_devices_is_named(tmp_path: Path, program: str) -> None:
    allowed = (names.ACK, names.CFG, names.CRT, names.IMG)
    acl = tmp_path / "acl"
    acl.write_text(
        f"topic readwrite {CHECK}/#\ntopic read {names.ROOT}/#\n"
        + "".join(f"topic readwrite {names.ROOT}/+/+/{one}\n" for one in allowed)
    )
    with mosquitto(tmp_path / "broker", program, f"acl_file {acl}") as broker:
        found = bad(examine(broker, "estate", outward=list))
    assert list(found) == ["write"]
    assert found["write"][0].endswith(f"to {names.CMD}")
    assert f"topic readwrite {names.ROOT}/estate/#" in found["write"][1]


def test_a_broker_with_certificates_is_right(tmp_path: Path, program: str) -> None:
    with secured(tmp_path, program) as site:
        broker = site.as_gateway()
        assert bad(examine(broker, SITE)) == {}
    # The same, but whoever has no certificate is let in and may do what all may.
    path = site.folder / "mosquitto.conf"
    path.write_text(
        path.read_text()
        .replace("require_certificate true", "require_certificate false")
        .replace("use_identity_as_username true\n", "")
        .replace("use_username_as_clientid true\n", "")
        .replace("allow_anonymous false", "allow_anonymous true")
        .replace(f"acl_file {site.folder / 'acl'}\n", "")
    )
    with running(path, site.gateway_port, program):
        assert list(bad(examine(broker, SITE))) == ["anonymous"]


def test_an_acl_of_before_is_named(tmp_path: Path, program: str) -> None:
    """Of a site that has no rights for the topics on which the broker is examined."""
    acl = tmp_path / "acl"
    acl.write_text(f"topic readwrite {names.ROOT}/#\n")
    with mosquitto(tmp_path / "broker", program, f"acl_file {acl}") as broker:
        found = bad(examine(broker, "estate", outward=list))
    assert list(found) == ["write"]
    assert f"topic readwrite {CHECK}/#" in found["write"][1]


def test_a_broker_that_is_away_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConnectionRefusedError):
        examine(Broker(port=free_port()), "estate")


def test_a_broker_that_forgets_is_told_from_a_new_one() -> None:
    assert persistence(known=False, resumed=False).good
    assert persistence(known=True, resumed=True).good
    assert "persistence true" in str(persistence(known=True, resumed=False).remedy)
    assert not persistence(known=True, resumed=False).good


def test_nobody_hears_of_it(tmp_path: Path, program: str) -> None:
    """Who reads everything on an open broker hears a handful of messages, and no gateway any."""
    with mosquitto(tmp_path, program) as broker, probe(broker, "all") as everything:
        everything.subscribe("#")
        examine(broker, "estate", outward=lambda: [ELSEWHERE])
        heard = everything.turn()
        assert len(heard) < 12
        channels = {one.topic.decode().rpartition("/")[2] for one in heard}
        assert channels <= set(names.DOWN_CHANNELS)
        own = topics.topic("estate", "door", names.EVENT)
        everything.publish(own, [b"heard"])
        assert [one.topic.decode() for one in everything.turn()] == [own]
