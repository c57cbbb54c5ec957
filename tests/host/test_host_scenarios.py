"""The scenario files of hosts, each a behaviour that its name says."""

from pathlib import Path

import pytest

from ccroute.testing import HostScenario, ScenarioFailed

FILES = sorted((Path(__file__).parent / "scenarios").glob("*.txt"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_scenario(path: Path) -> None:
    HostScenario.read(path.read_text()).play()


def test_there_are_scenarios() -> None:
    assert len(FILES) >= 6


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("at 1s call c1 on billing -> park c1", r"line 5: .* told park c1; ring c1 ana"),
        ("at 1s call c1 on billing -> nothing", "told park c1"),
        ("at 1s sing -> nothing", "nobody can 'sing'"),
        ("at 1s answer ana -> nothing", "answer ana"),
        ("at 1s desk ana fly -> nothing", "fly"),
        ("at 1s desk ana release c9 -> nothing", "refused not_yours"),
        ("at 1s wait", "give `at 0s DOING"),
        ("at 1s wait -> nothing\nat 0s wait -> nothing", "times only grow"),
    ],
)
def test_a_line_that_is_not_so_is_named(line: str, message: str) -> None:
    plan = '[queues.billing]\n[agents.ana]\nqueues = ["billing"]\n'
    with pytest.raises(ScenarioFailed, match=message):
        HostScenario.read(f"{plan}at 0s desk ana ready -> nothing\n{line}\n").play()
