"""Every program in ``examples/`` runs, as a user would run it: alone, from anywhere."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def test_examples_are_found() -> None:
    assert ROOT / "examples" / "hello_routing.py" in EXAMPLES


@pytest.mark.parametrize("program", EXAMPLES, ids=lambda path: path.name)
def test_example_runs_and_prints(program: Path, tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-I", "-W", "error", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip(), "it prints nothing"
    assert ran.stderr == ""


def test_readme_shows_the_first_example() -> None:
    """The README's program is the example, word for word, without its docstring."""
    program = (ROOT / "examples" / "hello_routing.py").read_text().split('"""\n', 1)[1].strip()
    assert f"```python\n{program}\n```" in (ROOT / "README.md").read_text()
