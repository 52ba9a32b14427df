"""Finds mistakes that no test notices, in the files that keep promises: `make mutants`.

Changes one thing in one of those files (`mutations.py`), in a copy of the checkout, and runs the
tests that concern the file until one fails. What no test notices is named, with file and line.

    .venv/bin/python bootstrap/mutants.py                     12 changes of each file, by chance
    .venv/bin/python bootstrap/mutants.py --all sender        every change of each file so named
    .venv/bin/python bootstrap/mutants.py --since main        every change of changed lines
"""

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

from mutations import Mutation, mutations

CHECKOUT = Path(__file__).resolve().parent.parent
GATEWAY = "gateway/callpoint_gateway"
TESTS = "gateway/tests"
#: The files, and the tests that concern each; the fastest first.
TARGETS: dict[str, tuple[str, ...]] = {
    f"{GATEWAY}/journal/writer.py": (
        f"{TESTS}/journal/test_journal.py",
        f"{TESTS}/journal/test_journal_files.py",
        f"{TESTS}/journal/test_recent.py",
        f"{TESTS}/journal/test_disk_reserve.py",
        f"{TESTS}/journal/test_journal_interrupted.py",
        f"{TESTS}/ingest/test_poison.py",
    ),
    f"{GATEWAY}/journal/backlog.py": (
        f"{TESTS}/journal/test_backlog.py",
        f"{TESTS}/centres/test_sender.py",
        f"{TESTS}/centres/test_bad_neighbours.py",
    ),
    f"{GATEWAY}/centres/turns.py": (
        f"{TESTS}/centres/test_turns.py",
        f"{TESTS}/centres/test_bad_neighbours.py",
    ),
    f"{GATEWAY}/centres/sender.py": (
        f"{TESTS}/centres/test_sender.py",
        f"{TESTS}/centres/test_bad_neighbours.py",
        f"{TESTS}/centres/test_adverse_receivers.py",
        f"{TESTS}/centres/test_paths.py",
        f"{TESTS}/centres/test_periodic_test.py",
    ),
    f"{GATEWAY}/centres/supervised_path.py": (
        f"{TESTS}/centres/test_supervised_path.py",
        f"{TESTS}/centres/test_paths.py",
        f"{TESTS}/centres/test_adverse_receivers.py",
    ),
    f"{GATEWAY}/transport/mqtt_link.py": (
        f"{TESTS}/transport/test_mqtt_link.py",
        f"{TESTS}/sources/test_mqtt.py",
    ),
    f"{GATEWAY}/ingest/ingest.py": (f"{TESTS}/ingest",),
    f"{GATEWAY}/alarms/desk.py": (f"{TESTS}/alarms",),
    f"{GATEWAY}/sources/mqtt.py": (f"{TESTS}/sources/test_mqtt.py",),
    "gateway/callpoint_people/store.py": (
        f"{TESTS}/people/test_store.py",
        f"{TESTS}/people/test_links.py",
    ),
    "gateway/callpoint_people/links.py": (f"{TESTS}/people/test_links.py",),
    "gateway/callpoint_people/rota.py": (f"{TESTS}/people/test_rota.py",),
    "gateway/callpoint_notify/limits.py": (
        f"{TESTS}/notify/test_limits.py",
        f"{TESTS}/notify/test_dispatching.py",
    ),
    "gateway/callpoint_notify/follower.py": (
        f"{TESTS}/notify/test_telling.py",
        f"{TESTS}/notify/test_real_services.py",
    ),
    "gateway/callpoint_notify/dispatcher.py": (
        f"{TESTS}/notify/test_dispatching.py",
        f"{TESTS}/notify/test_telling.py",
        f"{TESTS}/notify/test_real_services.py",
    ),
    f"{GATEWAY}/upstream/delivery.py": (
        f"{TESTS}/district/test_delivery.py",
        f"{TESTS}/district/test_contract.py",
    ),
    "gateway/callpoint_district/journal/chain.py": (
        f"{TESTS}/district/test_chain.py",
        f"{TESTS}/district/test_contract.py",
    ),
    "gateway/callpoint_district/journal/keeping.py": (
        f"{TESTS}/district/test_batch.py",
        f"{TESTS}/district/test_keeping.py",
        f"{TESTS}/district/test_contract_kept.py",
    ),
    "gateway/callpoint_district/journal/following.py": (
        f"{TESTS}/district/test_following.py",
        f"{TESTS}/district/test_keeping.py",
        f"{TESTS}/district/test_contract_kept.py",
    ),
    "gateway/callpoint_district/journal/notices.py": (
        f"{TESTS}/district/test_notices.py",
        f"{TESTS}/district/test_keeping.py",
        f"{TESTS}/district/test_contract_kept.py",
    ),
    "firmware/callpoint_firmware/spool.py": ("firmware/tests/test_spool.py",),
    "firmware/callpoint_firmware/link.py": (
        "firmware/tests/test_link.py",
        "firmware/tests/test_mqtt_peer.py",
    ),
}
SAMPLE = 12
#: Tests that take this many times their usual time count as having noticed the change.
TIMES = 3
LEAST_S = 20.0


class Copy:
    """A copy of the checkout, in which one file at a time is changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=CHECKOUT,
            check=True,
            capture_output=True,
            text=True,
        )
        for name in listed.stdout.splitlines():
            if (CHECKOUT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(CHECKOUT / name, folder / name)
        roots = [str(folder / root) for root in ("protocol", "firmware", "gateway")]
        programs = CHECKOUT / ".venv/bin"
        self._environment = os.environ | {
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(roots),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def try_out(self, file: str, text: str, limit_s: float | None) -> tuple[bool, str]:
        """Return whether the file's tests pass with this text in it, and what they printed."""
        place = self._folder / file
        kept = place.read_text("utf-8")
        place.write_text(text, "utf-8")
        try:
            return self._pytest(TARGETS[file], limit_s)
        finally:
            place.write_text(kept, "utf-8")

    def _pytest(self, tests: Sequence[str], limit_s: float | None) -> tuple[bool, str]:
        options = ["-x", "-q", "--no-header", "-p", "no:cacheprovider", "-W", "default"]
        with tempfile.TemporaryFile("w+") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "pytest", *options, *tests],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                passed = process.wait(limit_s) == 0
            except subprocess.TimeoutExpired:
                passed = False
            finally:
                # Also ends processes that a failed test has left behind.
                _end(process)
            output.seek(0)
            return passed, output.read()


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class Result(NamedTuple):
    """The result of one change."""

    file: str
    mutation: Mutation
    noticed: bool


def changed_lines(file: str, revision: str) -> set[int]:
    """Return the lines of a file that are not as they were at a revision."""
    difference = subprocess.run(
        ["git", "diff", "--unified=0", revision, "--", file],
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    lines: set[int] = set()
    for first, count in re.findall(r"^@@ \S+ \+(\d+)(?:,(\d+))? @@", difference, re.MULTILINE):
        lines.update(range(int(first), int(first) + int(count or 1)))
    return lines


def chosen(
    names: Sequence[str], *, since: str | None, sample: int | None, seed: int
) -> Iterator[tuple[str, Mutation]]:
    """Yield the changes to be tried, file by file."""
    by_chance = random.Random(seed)
    for file in TARGETS:
        if names and not any(name in file for name in names):
            continue
        found = mutations((CHECKOUT / file).read_text("utf-8"))
        if since is not None:
            lines = changed_lines(file, since)
            found = [mutation for mutation in found if mutation.line in lines]
        elif sample is not None and len(found) > sample:
            found = sorted(by_chance.sample(found, sample))
        yield from ((file, mutation) for mutation in found)


def usual_times(copy: Copy, files: Sequence[str]) -> dict[str, float]:
    """Return the seconds that each file's tests take, or end when they fail without a change."""
    times = {}
    for file in files:
        started = time.monotonic()
        passed, output = copy.try_out(file, (CHECKOUT / file).read_text("utf-8"), None)
        if not passed:
            sys.exit(f"{output}\nmutants: the tests of {file} fail without any change; see above")
        times[file] = time.monotonic() - started
        print(f"mutants: the tests of {file} take {times[file]:.0f} s", flush=True)
    return times


def try_all(work: Sequence[tuple[str, Mutation]], jobs: int) -> list[Result]:
    """Try changes side by side, each worker in a copy of its own."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as place:
        copies: SimpleQueue[Copy] = SimpleQueue()
        for number in range(jobs):
            copies.put(Copy(Path(place) / str(number)))
        copy = copies.get()
        times = usual_times(copy, list(dict.fromkeys(file for file, _ in work)))
        copies.put(copy)

        def attempt(task: tuple[str, Mutation]) -> Result:
            file, mutation = task
            text = mutation.applied_to((CHECKOUT / file).read_text("utf-8"))
            mine = copies.get()
            try:
                limit_s = max(LEAST_S, TIMES * times[file])
                passed, _ = mine.try_out(file, text, limit_s)
            finally:
                copies.put(mine)
            if passed:
                print(f"{file}:{mutation.line}: not noticed: {mutation}", flush=True)
            return Result(file, mutation, not passed)

        with ThreadPoolExecutor(jobs) as side_by_side:
            return list(side_by_side.map(attempt, work))


def report(results: Sequence[Result]) -> str:
    """Return the report: counts by file, then each change that no test noticed."""
    lines = []
    for file in dict.fromkeys(result.file for result in results):
        of_file = [result for result in results if result.file == file]
        noticed = sum(result.noticed for result in of_file)
        lines.append(f"{noticed:4} of {len(of_file):3} noticed  {file}")
    lines += [
        f"{result.file}:{result.mutation.line}: not noticed: {result.mutation}"
        for result in results
        if not result.noticed
    ]
    return "\n".join(lines)


def main() -> int:
    """Try what the command line names; write the report into build/mutants.txt as well."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", help="part of a file's path; without it, all files")
    parser.add_argument("--all", action="store_true", help="every change; takes hours")
    parser.add_argument("--since", metavar="REVISION", help="only lines changed since then")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="changes of each file")
    parser.add_argument("--seed", type=int, default=random.randrange(10_000))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    # SIGTERM ends running tests and removes the copies, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sample = None if given.all else given.sample
    work = list(chosen(given.names, since=given.since, sample=sample, seed=given.seed))
    print(f"mutants: {len(work)} changes, --seed {given.seed}", flush=True)
    results = try_all(work, given.jobs)
    text = report(results)
    print(f"\n{text}")
    (CHECKOUT / "build").mkdir(exist_ok=True)
    (CHECKOUT / "build/mutants.txt").write_text(text + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
