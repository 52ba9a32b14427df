"""Fuzz every target for its share of some minutes: the second half of `make soak`.

    python -m gateway.tests.fuzz.soak MINUTES

With atheris, guided by coverage, where `bootstrap/fetch_fuzzer.py` found a wheel of it; else with
the mutations of the test, with new seeds.
"""

import importlib.util
import os
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, given, seed, settings

from .mutations import mutated
from .targets import TARGETS

APART = Path(__file__).parents[3] / ".cache" / "fuzz"
# Where an input that was found is left.
FOUND = Path("build/fuzz")
_EACH_ROUND = 2_000


def with_coverage(name: str, seconds: float) -> bool:
    """Fuzz a target in a process of its own; say whether nothing was found."""
    FOUND.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus:
        command = [sys.executable, "-m", "gateway.tests.fuzz.guided", name, corpus]
        options = [f"-max_total_time={max(1, int(seconds))}", "-timeout=25", "-rss_limit_mb=0"]
        options += ["-max_len=4096", f"-artifact_prefix={FOUND / name}-"]
        paths = [str(APART), os.environ.get("PYTHONPATH", "")]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
        done = subprocess.run(
            [*command, *options], env=environment, capture_output=True, text=True, errors="replace"
        )
    if done.returncode:
        print((done.stdout + done.stderr)[-5000:], flush=True)
    return not done.returncode


def by_mutation(name: str, seconds: float) -> bool:
    """Fuzz a target here; say whether nothing was found. Hypothesis prints the smallest input."""
    end_s = time.monotonic() + seconds
    target = TARGETS[name]
    quiet = settings(
        max_examples=_EACH_ROUND,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    with target.open() as take:

        @quiet
        @given(mutated(target.seeds))
        def takes(data: bytes) -> None:
            take(data)

        while time.monotonic() < end_s:
            number = secrets.randbits(32)
            try:
                seed(number)(takes)()
            except Exception as error:
                print(f"{name}: {error!r}; seed {number}; {getattr(error, '__notes__', '')}")
                return False
    return True


def main(minutes: float) -> int:
    """Fuzz all targets. Return 1 if anything was found."""
    guided = importlib.util.find_spec("atheris") is not None or any(APART.glob("atheris/*"))
    share_s = minutes * 60 / len(TARGETS)
    how = "guided by coverage (atheris)" if guided else "by mutation (Hypothesis)"
    print(f"fuzzing {len(TARGETS)} decoders, {share_s:.0f} s each, {how}", flush=True)
    bad = []
    for name in TARGETS:
        print(f"{name} ...", flush=True)
        if not (with_coverage if guided else by_mutation)(name, share_s):
            bad.append(name)
    print(f"found something in: {', '.join(bad)}" if bad else "nothing was found")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
