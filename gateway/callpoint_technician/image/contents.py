"""What a firmware is made of, as CycloneDX: ``python -m callpoint_technician.image.contents``.

Format: CycloneDX 1.6, JSON. The same input gives the same bytes.
"""

import argparse
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from callpoint_technician.chips import CHIPS, Chip
from callpoint_technician.image.compiled import own_build


def modules(tree: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """Return compiled modules as components, each with its digest; ``tree``: by path."""
    return [
        {
            "type": "file",
            "bom-ref": path,
            "name": path,
            "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(code).hexdigest()}],
        }
        for path, code in sorted(tree.items())
    ]


def contents(chip: Chip, micropython: str, tree: Mapping[str, bytes], version: str) -> str:
    """Return the list for a chip; ``tree``: compiled modules by path."""
    release = micropython.removeprefix("v")
    interpreter = {
        "type": "platform",
        "name": "micropython",
        "version": release,
        "purl": f"pkg:github/micropython/micropython@v{release}",
        "licenses": [{"license": {"id": "MIT"}}],
    }
    application = {
        "type": "firmware",
        "name": f"callpoint-{chip.name}",
        "version": version,
        "licenses": [{"license": {"id": "Apache-2.0"}}],
    }
    found = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": application},
        "components": [interpreter, *modules(tree)],
    }
    return json.dumps(found, indent=1) + "\n"


def main() -> None:
    """Print the list for a folder of compiled modules."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--chip", choices=CHIPS, required=True)
    parser.add_argument("--micropython", required=True)
    parser.add_argument("--tree", type=Path, required=True)
    given = parser.parse_args()
    tree = {
        path.relative_to(given.tree).as_posix(): path.read_bytes()
        for path in given.tree.rglob("*.mpy")
    }
    print(contents(CHIPS[given.chip], given.micropython, tree, own_build().version), end="")


if __name__ == "__main__":
    main()
