"""``python -m ccroute.metrics.registry FOLDER`` writes the catalogue as pages of Markdown."""

import sys
from pathlib import Path

from ccroute.metrics.registry import SECTIONS
from ccroute.metrics.registry._pages import pages


def main() -> None:
    """Writes the pages; those that the catalogue no longer has are removed."""
    if len(sys.argv) != 2:
        sys.exit("ccroute.metrics.registry: give the folder to write to, as docs/metrics")
    folder = Path(sys.argv[1])
    made = pages(SECTIONS)
    for old in folder.glob("kpis-*.md"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
