"""``callpoint backup --secrets``: with it a site can go on on another machine."""

import stat
from pathlib import Path

from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.journal.backup import SECRETS
from callpoint_gateway.journal.writer import Journal

from ..conftest import ManualClock


def test_the_authority_is_copied_with_the_secrets_and_for_its_owner_only(
    tmp_path: Path, clock: ManualClock
) -> None:
    for name in ("alarms.db", "telemetry.db"):
        (tmp_path / "state").mkdir(exist_ok=True)
        Journal(tmp_path / "state" / name, clock, chained=name == "alarms.db").close()
    authority = Authority(tmp_path / "certificates", clock)
    authority.client("lobby")
    (tmp_path / "register.toml").write_text('[[place]]\nid = "home"\n')
    (tmp_path / "gateway.toml").write_text(
        '[gateway]\nsite = "estate"\nstate_dir = "state"\nregister = "register.toml"\n'
        '[renewal]\ncertificates_dir = "certificates"\n'
    )
    for words, kept in (([], False), (["--secrets"], True)):
        target = tmp_path / f"copy{len(words)}"
        done = CliRunner().invoke(
            main, ["backup", str(target), *words, "-c", str(tmp_path / "gateway.toml")]
        )
        assert done.exit_code == 0, done.output
        place = target / SECRETS / authority.folder.relative_to("/")
        assert place.exists() == kept
    files = {file.name: file for file in place.iterdir()}
    assert set(files) == {file.name for file in authority.folder.iterdir()}
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files.values())
    again = Authority.opened(place, clock)
    assert again.named == ["lobby"]
