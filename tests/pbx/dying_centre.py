"""A host of its own on a real Asterisk, to be killed: ``python -m tests.pbx.dying_centre URL
SECRET AGENT…``. Says when it works."""

import asyncio
import sys
from types import SimpleNamespace

from tests.pbx.centre import LINK, Centre


async def main(url: str, secret: str, *agents: str) -> None:
    pbx = SimpleNamespace(ari_url=url, secret=secret)
    async with Centre({LINK: pbx}) as centre:  # type: ignore[dict-item]
        await centre.staff(*agents)
        print("works", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
