"""A host of its own on a real Asterisk, to be killed: ``python -m tests.pbx.dying_centre URL
SECRET STATE AGENT…``. Says when it works. STATE: the file that it goes on from, ``-``: none."""

import asyncio
import sys
from pathlib import Path
from types import SimpleNamespace

from tests.pbx.centre import LINK, Centre


async def main(url: str, secret: str, state: str, *agents: str) -> None:
    pbx = SimpleNamespace(ari_url=url, secret=secret)
    file = None if state == "-" else Path(state)
    async with Centre({LINK: pbx}, state=file) as centre:  # type: ignore[dict-item]
        await centre.staff(*agents)
        print("works", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
