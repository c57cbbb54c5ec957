"""The simulated PBX with its callers, in a process of its own: no work of theirs is the host's.

Prints its port; calls come from the first line on its standard input on, as many a second as
asked, for so many seconds. It ends with its standard input.
"""

import asyncio
import sys
import time

from ccroute.adapters import SystemTime
from ccroute.testing import SimulatedPbx

AT_ONCE = 50
"""How many callers hold the line; the one who has waited longest hangs up for the next."""


async def main(rate: float, seconds: float) -> None:
    """Runs it; see the module's docstring."""
    pbx = SimulatedPbx(SystemTime())
    await pbx.start()
    print(pbx.settings()["port"], flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    live: list[str] = []
    began, calls = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - began) < seconds:
        while calls < elapsed * rate:
            calls += 1
            live.append(await pbx.place_call())
            if len(live) > AT_ONCE:
                await pbx.hang_up(live.pop(0))
        await asyncio.sleep(0.001)
    await asyncio.to_thread(sys.stdin.readline)
    await pbx.stop()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), float(sys.argv[2])))
