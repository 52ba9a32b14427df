"""What hangs in one thread holds up neither another call nor the end of the process."""

import asyncio
import subprocess
import sys
import threading

import pytest

from callpoint_gateway.host.blocking import MOST, Blocking

SOON_S = 60.0


def test_calls_that_hang_hold_up_no_other() -> None:
    ended = threading.Event()

    async def go() -> str:
        asyncio.get_running_loop().set_default_executor(Blocking())
        hung = [asyncio.create_task(asyncio.to_thread(ended.wait)) for _ in range(MOST - 1)]
        await asyncio.sleep(0)
        async with asyncio.timeout(SOON_S):
            found = await asyncio.to_thread(lambda: "found")
        for task in hung:
            task.cancel()
        return found

    try:
        # It also ends, although the threads have not.
        assert asyncio.run(go()) == "found"
    finally:
        ended.set()


def test_there_are_so_many_threads_and_no_more() -> None:
    executor, go_on = Blocking(), threading.Event()
    started = threading.Semaphore(0)

    def work() -> str:
        started.release()
        assert go_on.wait(SOON_S)
        return threading.current_thread().name

    calls = [executor.submit(work) for _ in range(2 * MOST)]
    for _ in range(MOST):
        assert started.acquire(timeout=SOON_S)
    assert sum(call.running() for call in calls) == MOST
    go_on.set()
    assert {call.result(SOON_S) for call in calls} == {"blocking"}


def test_what_it_raises_is_the_waiters() -> None:
    def fail() -> None:
        raise ValueError("made to fail by a test")

    with pytest.raises(ValueError, match="made to fail"):
        Blocking().submit(fail).result(SOON_S)


def test_a_process_ends_while_a_lookup_hangs() -> None:
    code = (
        "import asyncio, threading\n"
        "from callpoint_gateway.host.blocking import use_threads\n"
        "async def go():\n"
        "    use_threads(asyncio.get_running_loop())\n"
        "    asyncio.create_task(asyncio.to_thread(threading.Event().wait))\n"
        "    await asyncio.sleep(0.01)\n"
        "asyncio.run(go())\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=SOON_S)
