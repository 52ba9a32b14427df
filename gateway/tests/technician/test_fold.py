"""Folding changes what a module weighs, not what it does."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from callpoint_technician.image.compiled import compiled, installed
from callpoint_technician.image.fold import constants_of, folded
from compile_firmware import CHECKOUT, write

NAMES = {"package.names": {"ALARM": 1, "STORED": 1, "_HIDDEN": 7}}


def test_only_whole_numbers_of_a_module_are_constants() -> None:
    source = (
        'A = 1\nB = const(0x10)\nC = "text"\nD = True\nE = F = 2\n(G, H) = 1, 2\nI = 1.5\nJ = A\n'
    )
    assert constants_of(source) == {"A": 1, "B": 16}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from package.names import ALARM\nx = ALARM\n", "pass\nx = 1\n"),
        (
            "from package.names import ALARM as A, LIFE\nx(A)\n",
            "from package.names import LIFE\nx(1)\n",
        ),
        (
            "from package.names import (\n    ALARM,\n    LIFE,\n)\ny = LIFE[ALARM]\n",
            "from package.names import LIFE\n\n\n\ny = LIFE[1]\n",
        ),
        (
            "from package import names\nx = names.STORED + names.WORD\n",
            "from package import names\nx = 1 + names.WORD\n",
        ),
        (
            "OWN = 5\ndef f(a=OWN):\n    return a.OWN, OWN\n",
            "pass\ndef f(a=5):\n    return a.OWN, 5\n",
        ),
        (
            "def f():\n    from package.names import ALARM\n    return ALARM\n",
            "def f():\n    pass\n    return 1\n",
        ),
        ('t = "é", OWN\nOWN = 5\n', 't = "é", 5\npass\n'),
        (
            "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    from package.names import ALARM\nx()\n",
            "\n\n\nx()\n",
        ),
    ],
)
def test_names_become_numbers_and_lines_stay(source: str, expected: str) -> None:
    constants = NAMES | {"package": {}, "package.own": constants_of(source)}
    result = folded(source, "package.own", constants)
    assert result == expected
    assert result.count("\n") == source.count("\n")


def test_a_table_of_words_of_the_protocol_becomes_its_codes() -> None:
    source = 'A = 1\nKINDS = {\n    A: "panic",\n    2: "medical",\n}\nSOME = {A: (1, 2)}\n'
    own = {"callpoint_protocol.names": constants_of(source)}
    expected = "pass\nKINDS = (1, 2, \n\n\n)\nSOME = {1: (1, 2)}\n"
    assert folded(source, "callpoint_protocol.names", own) == expected
    assert "panic" in folded(source, "another.module", own)


@pytest.mark.parametrize("interpreter", ["micropython", "micropython32"])
def test_the_compiled_protocol_answers_every_vector_as_its_source_does(
    interpreter: str, tmp_path: Path
) -> None:
    beside = Path(sys.executable).parent / interpreter
    if not beside.exists() and interpreter == "micropython32":
        return  # only amd64 has the 32-bit one
    write(compiled(installed(("callpoint_protocol",))), tmp_path)
    assert not list(tmp_path.rglob("*.py")), "an interpreter would prefer the source"
    vectors = CHECKOUT / "protocol/vectors"
    shutil.copy(vectors / "check.py", tmp_path)
    files = sorted(vectors.glob("*.json"))
    assert files
    for file in files:
        results = [
            subprocess.run(
                [str(beside), "check.py", package, str(file)],
                capture_output=True,
                text=True,
                check=True,
                cwd=tmp_path,
            ).stdout
            for package in (".", str(CHECKOUT / "protocol"))
        ]
        assert results[0] == results[1]
        assert results[0]
