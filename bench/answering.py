"""A receiver in a process of its own that acknowledges every frame after MS milliseconds.

    python answering.py PORT MS

The first line that it prints is its port; PORT 0 takes a free port. On a line of input it prints
``COUNT URGENT_BY``: how many events came, and how many seconds after the first of them the last
panic or smoke alarm came (time of the machine, monotonic).
"""

import asyncio
import re
import sys
import time

from callpoint_gateway.protocols.dc09.frame import wrap

_BODY = re.compile(rb'"\*?([A-Z-]+)"(\d{4}).*?\[(.*?)\]')
_URGENT = re.compile(rb"(PA|FA)\d")


async def main(port: int, delay_s: float) -> None:
    """Serve until the input ends."""
    arrived: list[float] = []
    urgent: list[float] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while raw := await reader.read(2000):
            found = _BODY.search(raw)
            assert found is not None
            if found[2] != b"0000":
                arrived.append(time.monotonic())
                if _URGENT.search(found[3]):
                    urgent.append(arrived[-1])
            if delay_s:
                await asyncio.sleep(delay_s)
            writer.write(wrap(b'"ACK"%bL0#1234[]' % found[2]))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        first = arrived[0] if arrived else 0.0
        print(len(arrived), first, urgent[-1] if urgent else 0.0, flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]) / 1000))
