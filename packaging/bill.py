"""Lists the parts of the product (SBOM, CycloneDX 1.5): `make sbom`, for gateway and firmware.

uv knows the parts of the gateway. The firmware is our own modules, compiled; it brings none of
anybody else. Two lists of one commit are the same bytes.
"""

import datetime
import json
import sys
import uuid
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "bootstrap")]

from build_deb import CHECKOUT, commit_time, uv_of_checkout, version_of  # noqa: E402
from callpoint_technician.image.contents import modules  # noqa: E402
from environment import Uv  # noqa: E402
from steps import NotReady  # noqa: E402

COMPILED: Final = CHECKOUT / "build/mpy"


def fixed(bill: dict[str, Any], epoch: int) -> str:
    """Return a list as text, with what uv makes up at each call taken from the sources."""
    bill["metadata"]["timestamp"] = datetime.datetime.fromtimestamp(
        epoch, datetime.UTC
    ).isoformat()
    bill.pop("serialNumber", None)
    content = json.dumps(bill, sort_keys=True)
    # A name that follows from the content (RFC 9562, version 5).
    bill["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}"
    return json.dumps(bill, indent=2, sort_keys=True) + "\n"


def gateway(uv: Uv, source: Path, epoch: int) -> str:
    """Return the list of the gateway: every Python package that the Debian package brings."""
    return fixed(json.loads(uv.bill(source)), epoch)


def firmware(compiled: Path, version: str, epoch: int) -> str:
    """Return the list of the firmware: each compiled module with its digest."""
    tree = {
        path.relative_to(compiled).as_posix(): path.read_bytes()
        for path in compiled.rglob("*.mpy")
    }
    if not tree:
        raise NotReady(f"{compiled} has no firmware", "Run make firmware first.")
    name = {"bom-ref": f"callpoint-firmware@{version}", "name": "callpoint-firmware"}
    bill: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "firmware", "version": version, **name}},
        "components": modules(tree),
    }
    return fixed(bill, epoch)


def main() -> int:
    """Write both lists into build. Return 0, or 1 after an error."""
    epoch = commit_time()
    try:
        made = {
            "gateway": gateway(uv_of_checkout(epoch), CHECKOUT, epoch),
            "firmware": firmware(COMPILED, version_of(CHECKOUT), epoch),
        }
    except NotReady as problem:
        print(f"sbom: {problem}", file=sys.stderr)
        return 1
    for name, text in made.items():
        file = CHECKOUT / f"build/callpoint-{name}.cdx.json"
        file.write_text(text, encoding="utf-8")
        print(file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
