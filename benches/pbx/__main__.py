"""What `make bench-pbx` runs: all of it, or what the words name (`observe`, `calls`, `day`)."""

import asyncio
import sys

from tests.pbx.install import CannotInstall, install
from tests.pbx.instance import Asterisk, sweep

from benches.pbx import ami, calls, day
from benches.pbx.callers import set_phones

PARTS = ("observe", "calls", "day")


def main(parts: list[str]) -> None:
    for part in parts:
        if part not in PARTS:
            sys.exit(f"{part!r}: give {', '.join(PARTS)}, or nothing for all")
    if "observe" in parts:
        ami.main()
    if parts == ["observe"]:
        return
    try:
        root = install()
    except CannotInstall as reason:
        sys.exit(f"no real Asterisk here: {reason}")
    sweep(root)
    pbx = Asterisk(root, "bench")
    try:
        pbx.start()
        print(pbx.version.strip())
        if "calls" in parts:
            set_phones(pbx)
            asyncio.run(calls.sustained(pbx))
        if "day" in parts:
            asyncio.run(day.ten_minutes(pbx))
    finally:
        pbx.remove()


if __name__ == "__main__":
    main(sys.argv[1:] or list(PARTS))
