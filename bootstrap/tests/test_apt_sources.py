"""Reading what a machine's owner wrote into apt's sources, in every form that is in use."""

from pathlib import Path

import pytest

from apt_sources import Source, line_sources, mirrors, read_sources, stanza_sources

DEBIAN_12_INSTALLER = """\
#deb cdrom:[Debian GNU/Linux 12.9.0 _Bookworm_]/ bookworm contrib main

deb http://mirror.example/debian/ bookworm main non-free-firmware
deb-src http://mirror.example/debian/ bookworm main non-free-firmware
deb http://security.example/debian-security bookworm-security main # fixes
deb http://mirror.example/debian/ bookworm-updates main
"""

DEBIAN_13 = """\
# Written by the installer
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: trixie trixie-updates
Components: main non-free-firmware
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://security.example/debian-security
Suites: trixie-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""

RASPBERRY_PI = """\
deb http://archive.example/debian/ bookworm main
# Uncomment line below then 'apt-get update' to enable 'apt-get source'
#deb-src http://archive.example/debian/ bookworm main
"""


def test_one_line_format() -> None:
    sources = list(line_sources(DEBIAN_12_INSTALLER))
    assert sources == [
        Source("http://mirror.example/debian/", "bookworm", ("main", "non-free-firmware")),
        Source("http://security.example/debian-security", "bookworm-security", ("main",)),
        Source("http://mirror.example/debian/", "bookworm-updates", ("main",)),
    ]


def test_options_of_a_line() -> None:
    line = "deb [ arch=arm64 signed-by=/etc/apt/keyrings/own.gpg ] https://x.example/d trixie main"
    assert list(line_sources(line)) == [
        Source("https://x.example/d", "trixie", ("main",), "/etc/apt/keyrings/own.gpg")
    ]


def test_stanza_format() -> None:
    sources = list(stanza_sources(DEBIAN_13))
    keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    components = ("main", "non-free-firmware")
    assert sources == [
        Source("http://mirror.example/debian", "trixie", components, keyring),
        Source("http://mirror.example/debian", "trixie-updates", components, keyring),
        Source("http://security.example/debian-security", "trixie-security", ("main",), keyring),
    ]


def test_stanza_with_the_key_inside() -> None:
    text = (
        "Types: deb\nURIs: https://x.example/debian\nSuites: trixie\nComponents:\n main\n"
        " contrib\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINBF\n"
        " -----END PGP PUBLIC KEY BLOCK-----\n"
    )
    (source,) = stanza_sources(text)
    assert source.components == ("main", "contrib")
    assert source.signed_by is not None
    assert "mQINBF" in source.signed_by


@pytest.mark.parametrize("switch", ["no", "False", "off"])
def test_stanza_that_is_switched_off(switch: str) -> None:
    assert list(stanza_sources(f"Enabled: {switch}\n{DEBIAN_13.split(chr(10) * 2)[0]}")) == []


@pytest.mark.parametrize(
    "text", ["", "deb", "deb http://x.example trixie", "deb [", "::\n x", " x"]
)
def test_text_that_is_no_source(text: str) -> None:
    assert list(line_sources(text)) == []
    assert list(stanza_sources(text)) == []


def test_files_in_both_formats_are_read(tmp_path: Path) -> None:
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    (tmp_path / "sources.list").write_text(DEBIAN_12_INSTALLER)
    (parts / "debian.sources").write_text(DEBIAN_13)
    (parts / "raspi.list").write_text(RASPBERRY_PI)
    (parts / "old.list.save").write_text("deb http://old.example/debian trixie main\n")
    hosts = [source.uri.split("/")[2] for source in read_sources(tmp_path)]
    assert hosts.count("mirror.example") == 4
    assert hosts.count("archive.example") == 1
    assert "old.example" not in hosts


def test_no_sources_at_all(tmp_path: Path) -> None:
    assert read_sources(tmp_path) == []
    assert mirrors([], "trixie") == []


def test_raspberry_pi_os_uses_debians_mirror_and_not_its_own() -> None:
    # Both name bookworm and main, and Raspberry Pi's comes first in the alphabet.
    sources = [*line_sources(RASPBERRY_PI), *line_sources(DEBIAN_12_INSTALLER)]
    assert mirrors(sources, "bookworm") == [
        "http://mirror.example/debian/",
        "http://archive.example/debian/",
    ]


def test_debians_key_tells_when_there_is_no_updates_suite() -> None:
    keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    sources = [
        Source("http://vendor.example/debian", "trixie", ("main",)),
        Source("http://mirror.example/debian", "trixie", ("main",), keyring),
    ]
    assert mirrors(sources, "trixie")[0] == "http://mirror.example/debian"


def test_a_source_may_name_the_release_by_its_alias() -> None:
    assert mirrors([Source("http://m.example/debian", "stable", ("main",))], "trixie") == [
        "http://m.example/debian"
    ]


def test_other_suites_components_and_discs_are_no_mirror() -> None:
    sources = [
        Source("http://security.example/debian-security", "trixie-security", ("main",)),
        Source("https://vendor.example/apt", "trixie", ("edge",)),
        Source("cdrom:[Debian]/", "trixie", ("main",)),
        Source("https://node.example/", "nodistro", ("main",)),
    ]
    assert mirrors(sources, "trixie") == []
