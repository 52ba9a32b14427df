"""`callpoint setup` writes a configuration that can be used, and changes single values of one."""

import tomllib
from pathlib import Path

import pytest

from callpoint_cli.setup import broker_part
from callpoint_cli.setup.answers import Answers
from callpoint_cli.setup.places import Places
from callpoint_cli.setup.site_files import changed, new_configuration, values, write_register
from callpoint_cli.setup.trust import why_untrusted
from callpoint_gateway.broker.authority import AuthorityError
from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.configuration import config as configuration
from callpoint_gateway.configuration import register as registers

from .pairs import certificate_for

WRITTEN = """\
# by hand
[gateway]
site = "estate"   # ours
language = "en"

[[centre]]
name = "police"
"""


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """Return the folders of a machine; whoever runs the tests is its service's user."""
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    return Places(tmp_path / "etc", tmp_path / "state", tmp_path / "broker", tmp_path / "units")


def test_a_new_site_has_a_good_configuration(places: Places) -> None:
    broker_part.set_up(places, "estate", ["gateway.local", "192.168.1.10"], again=False)
    text = changed(
        new_configuration("estate", broker_part.GATEWAY_PORT, places),
        values(Answers(language="zh", time_zone="Asia/Shanghai")),
    )
    places.configuration.write_text(text)
    assert write_register(places.register)
    assert not write_register(places.register)
    config = configuration.load(places.configuration, PROTOCOLS)
    assert (config.gateway.language, config.gateway.time_zone) == ("zh", "Asia/Shanghai")
    assert registers.load(Path(config.gateway.register)).device_ids() == []
    assert broker_part.site_of(places) == "estate"
    assert broker_part.names_of(places) == ["gateway.local", "192.168.1.10"]


def test_a_second_time_nothing_is_made_anew(places: Places) -> None:
    names = ["gateway.local", "192.168.1.10"]
    assert broker_part.set_up(places, "estate", names, again=False)
    folders = (places.certificates, places.broker)
    files = [file for folder in folders for file in folder.iterdir()]
    # The list of revoked ones is signed at each writing.
    before = {file: file.read_bytes() for file in files if file.name != "crl.pem"}
    assert not broker_part.set_up(places, "estate", names, again=False)
    assert {file: file.read_bytes() for file in before} == before
    with pytest.raises(AuthorityError, match="again"):
        broker_part.set_up(places, "estate", [*names, "alarm.example.org"], again=False)
    assert (places.broker / "broker.key").read_bytes() == before[places.broker / "broker.key"]
    assert broker_part.set_up(places, "estate", [*names, "alarm.example.org"], again=True)
    assert "alarm.example.org" in (broker_part.names_of(places) or [])


def test_only_the_value_that_is_asked_for_changes() -> None:
    text = changed(WRITTEN, {("gateway", "language"): "zh", ("console", "port"): 443})
    assert text.startswith(WRITTEN.replace('"en"', '"zh"'))
    assert tomllib.loads(text)["console"] == {"port": 443}
    assert changed(WRITTEN, {("gateway", "language"): "en"}) == WRITTEN


def test_a_value_in_a_form_of_its_own_is_left_to_a_person() -> None:
    with pytest.raises(ValueError, match=r"console\.port"):
        changed("console = {port = 1}\n", {("console", "port"): 443})


def test_a_certificate_that_no_public_authority_made_is_named(tmp_path: Path) -> None:
    certificate, _ = certificate_for("alarm.example.org", tmp_path)
    url = "https://alarm.example.org"
    roots = tmp_path / "roots.pem"
    assert "list of public authorities" in str(why_untrusted(url, certificate, roots))
    other = tmp_path / "other"
    other.mkdir()
    roots.write_bytes(certificate_for("alarm.example.org", other)[0].read_bytes())
    assert why_untrusted(url, certificate, roots) is not None
