"""``callpoint partitions code``: a line for the file of codes, and never the code itself."""

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_gateway.arming.keypad import Keypad
from callpoint_gateway.configuration.arming_codes import codes
from callpoint_gateway.host.clock import SystemClock


def test_the_line_is_the_codes_and_does_not_show_it(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["partitions", "code", "guard"], input="471100\n471100\n")
    assert result.exit_code == 0, result.output
    line = result.stdout.splitlines()[-1]
    assert "471100" not in result.stdout
    assert list(tomllib.loads(line)) == ["guard"]
    path = tmp_path / "codes.toml"
    path.touch(mode=0o600)
    path.write_text(line + "\n")
    assert Keypad(codes(path), SystemClock()).role_of("471100") == "guard"


@pytest.mark.parametrize(
    ("role", "typed", "words"),
    [("guard", "12", "4 to 32 characters"), ("Jane Doe", "471100", "who: a role")],
)
def test_what_cannot_be_a_code_is_refused(role: str, typed: str, words: str) -> None:
    result = CliRunner().invoke(main, ["partitions", "code", role], input=f"{typed}\n{typed}\n")
    assert result.exit_code == 2
    assert words in result.output
