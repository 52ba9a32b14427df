"""What is answered to `callpoint setup` is checked by the code that will use it."""

from pathlib import Path

import pytest

from callpoint_cli.setup.answers import Answers, from_file
from callpoint_gateway.configuration.toml_file import ConfigError

from .pairs import certificate_for


@pytest.mark.parametrize(
    "names",
    [
        ["gateway.local"],
        ["alarm.example.org", "gateway"],
        ["192.168.1.10"],
        ["2001:db8::10"],
    ],
)
def test_names_with_dots_local_names_and_addresses_are_good(names: list[str]) -> None:
    assert Answers(site="estate", names=names).mistakes() == []


@pytest.mark.parametrize(
    ("answers", "named"),
    [
        (Answers(site="Garden Estate"), "site"),
        (Answers(names=[]), "names"),
        (Answers(names=["ha_ll"]), "names"),
        (Answers(names=["1.2.3"]), "names"),
        (Answers(time_zone="Mars/Olympus"), "time_zone"),
        (Answers(account="Mr Smith"), "account"),
        (Answers(public_url="https://alarm.example.org"), "public_url"),
    ],
)
def test_a_mistake_names_its_key_in_both_languages(answers: Answers, named: str) -> None:
    (mistake,) = answers.mistakes()
    assert mistake.in_("en").startswith(named)
    assert named in mistake.in_("zh")


def test_a_file_of_answers_is_read_whole_or_refused_with_its_name(tmp_path: Path) -> None:
    file = tmp_path / "answers.toml"
    file.write_text('site = "estate"\nnames = ["gateway.local"]\nlanguage = "zh"\n')
    assert from_file(file) == Answers(site="estate", names=["gateway.local"], language="zh")
    file.write_text('sight = "estate"\n')
    with pytest.raises(ConfigError, match=r"answers\.toml"):
        from_file(file)


def test_a_public_address_listens_on_its_own_port(tmp_path: Path) -> None:
    certificate, key = certificate_for("alarm.example.org", tmp_path)
    files = {"certificate_file": str(certificate), "key_file": str(key)}
    for url, port in (
        ("https://alarm.example.org", 443),
        ("https://alarm.example.org:8443", 8443),
        ("https://alarm.example.org:8443/", 8443),
    ):
        answers = Answers(public_url=url, **files)  # type: ignore[arg-type]
        assert answers.mistakes() == []
        assert answers.console.port == port
        assert answers.console.mistake() is None


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    certificate, _ = certificate_for("alarm.example.org", tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    _, key = certificate_for("alarm.example.org", other)
    answers = Answers(
        public_url="https://alarm.example.org",
        certificate_file=str(certificate),
        key_file=str(key),
    )
    (mistake,) = answers.mistakes()
    assert str(key) in str(mistake)
