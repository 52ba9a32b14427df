"""``callpoint partitions code``: a line for the file of codes, and never the code itself."""

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_gateway.configuration.arming_codes import codes, hash_of


def test_the_line_is_the_codes_and_does_not_show_it(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["partitions", "code", "guard"], input="471100\n471100\n")
    assert result.exit_code == 0, result.output
    line = result.stdout.splitlines()[-1]
    assert "471100" not in result.stdout
    assert list(tomllib.loads(line)) == ["guard"]
    path = tmp_path / "codes.toml"
    path.touch(mode=0o600)
    path.write_text(line + "\n")
    (found,) = codes(path)
    assert hash_of("471100", found.salt) == found.hashed


def test_a_line_may_name_the_partitions_that_it_is_for(tmp_path: Path) -> None:
    words = ["partitions", "code", "family", "--partition", "flat-a", "--partition", "garage"]
    result = CliRunner().invoke(main, words, input="471100\n471100\n")
    assert result.exit_code == 0, result.output
    path = tmp_path / "codes.toml"
    path.touch(mode=0o600)
    path.write_text(result.stdout.splitlines()[-1] + "\n")
    (found,) = codes(path)
    assert [found.opens(name) for name in ("flat-a", "garage", "flat-b")] == [True, True, False]


@pytest.mark.parametrize(
    ("role", "typed", "words"),
    [("guard", "12", "4 to 32 characters"), ("Jane Doe", "471100", "who: a role")],
)
def test_what_cannot_be_a_code_is_refused(role: str, typed: str, words: str) -> None:
    result = CliRunner().invoke(main, ["partitions", "code", role], input=f"{typed}\n{typed}\n")
    assert result.exit_code == 2
    assert words in result.output
