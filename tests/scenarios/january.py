"""A month of real calls: a bank's call centre in January 1999 (Technion, "Anonymous Bank").

It may be used for tests only and is no part of the project.
"""

from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / ".." / "shared" / "data" / "bank_january.txt"

needs_january = pytest.mark.skipif(
    not DATA.exists(), reason="the January recording is not part of the project"
)
