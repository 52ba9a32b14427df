"""One target under a coverage-guided fuzzer, in a process of its own: a crash ends it.

    python -m gateway.tests.fuzz.guided TARGET CORPUS [options of libFuzzer]

atheris must be on the import path; CORPUS is a folder of inputs that it reads and adds to.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["callpoint_gateway", "callpoint_protocol"]):
    from .targets import TARGETS


def main(name: str, corpus: Path, *options: str) -> None:
    """Fuzz until an option of libFuzzer ends it; exit code 0 if nothing was found."""
    target = TARGETS[name]
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    with target.open() as take:
        atheris.Setup([sys.argv[0], *options, str(corpus)], take)
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
