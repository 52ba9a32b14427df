"""A service in the foreground ends when it is told to, and by nothing else."""

import subprocess
import sys
from typing import Final

SERVICE: Final = """
import asyncio, os, signal
from callpoint_cli.foreground import run_until_told

async def service():
    os.kill(os.getpid(), signal.SIGHUP)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.Event().wait()

run_until_told("the service", service)
"""


def test_a_service_without_a_reload_says_so_at_sighup_and_goes_on() -> None:
    ended = subprocess.run([sys.executable, "-c", SERVICE], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
    hung_up, stopped = ended.stdout.splitlines()
    assert 'text="SIGHUP: files are read at the start only; restart' in hung_up
    assert "text=stopped" in stopped
