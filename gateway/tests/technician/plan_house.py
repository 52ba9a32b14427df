"""A site to import plans into, on disk, with its authority; and what a plan may look like."""

from pathlib import Path
from typing import Final

from click.testing import CliRunner, Result

from callpoint_cli.main import main
from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.configuration import register as registers
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.host.clock import SystemClock

PASSWORD: Final = "nobody-knows-it"
HEAD: Final = "building,unit,room,device,board,wiring,power,profile"
ROWS: Final = (
    "Building 3,2,301,b3-2-301,c3,panic + tamper,mains,estate",
    "Building 3,2,302,b3-2-302,devkit,panic + smoke,mains,estate",
    "Building 3,2,303,b3-2-303,s3,door,battery,estate",
)
CONFIGURATION: Final = """
[gateway]
site = "estate"
state_dir = "state"
register = "register.toml"
[renewal]
certificates_dir = "certificates"
"""
BOARDS: Final = f"""
host = "192.0.2.1"
[[network]]
ssid = "lab"
password = "{PASSWORD}"
[[network]]
ssid = "hall"
"""
COAP: Final = '[coap]\nkeys_file = "coap.keys"\n'


class House:
    """One site in a folder, and the command line on it."""

    def __init__(self, folder: Path, *, coap: bool = False) -> None:
        self.folder = folder
        self.units = folder / "units.csv"
        self.register_file = folder / "register.toml"
        self.identities = folder / "identities"
        certificates = folder / "certificates"
        if not Authority.there(certificates):
            Authority(certificates, SystemClock())
        (folder / "gateway.toml").write_text(CONFIGURATION + (COAP if coap else ""))
        boards = folder / "boards.toml"
        boards.write_text(('second_host = "192.0.2.1"\n' if coap else "") + BOARDS)
        boards.chmod(0o600)

    def write(self, *rows: str, head: str = HEAD, encoding: str = "utf-8") -> None:
        self.units.write_bytes("\n".join([head, *rows, ""]).encode(encoding))

    def call(self, *words: str, language: str = "en") -> Result:
        configured = ["-c", str(self.folder / "gateway.toml")]
        rest = [*([] if words[0] == "example" else configured), "--lang", language]
        done = CliRunner().invoke(main, ["plan", *words, *rest])
        assert PASSWORD not in done.output
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    def imports(self, *words: str, language: str = "en") -> Result:
        return self.call("import", str(self.units), *words, language=language)

    def good(self, *words: str) -> str:
        done = self.imports(*words)
        assert done.exit_code == 0, done.output
        return done.output

    def refused(self, language: str = "en", *words: str) -> str:
        before = self.files()
        done = self.imports(*words, language=language)
        assert done.exit_code == 2, done.output
        assert self.files() == before
        return done.stderr

    @property
    def register(self) -> Register:
        return registers.load(self.register_file)

    def files(self) -> dict[str, bytes]:
        """Return all files but the table itself and the lock."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and path != self.units and path.name != ".plan-lock"
        }
