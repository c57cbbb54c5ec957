"""A real Asterisk for the tests of this folder.

Where none can be installed they are skipped, and the report says why; with CI=true they
fail instead, so that nobody takes silence for success.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.pbx.install import CannotInstall, install
from tests.pbx.instance import Asterisk, sweep
from tests.pbx.phones import Phones


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "asterisk_root" in getattr(item, "fixturenames", ()):
            item.add_marker("pbx")
    left_out = [it for it in items if not _is_telling(it)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [it for it in items if it not in left_out]


def _is_telling(item: pytest.Item) -> bool:
    """Whether an assertion is among those that its class wants tried, if it says which."""
    telling = getattr(getattr(item, "cls", None), "telling", None)
    return telling is None or int(item.name.split("_")[1]) in telling


@pytest.fixture(scope="session")
def asterisk_root() -> Path:
    """The root folder of an installed Asterisk; installs it when there is none."""
    try:
        root = install()
    except CannotInstall as reason:
        told = f"no real Asterisk here: {reason}"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    sweep(root)
    return root


@pytest.fixture(scope="session")
def start_asterisk(asterisk_root: Path) -> Iterator[Callable[[str], Asterisk]]:
    """Starts instances by name, as many as asked; all of them end with the test run."""
    started: list[Asterisk] = []

    def start(name: str) -> Asterisk:
        started.append(Asterisk(asterisk_root, name))
        started[-1].start()
        return started[-1]

    yield start
    for instance in started:
        instance.remove()


@pytest.fixture(scope="module")
def pbx(start_asterisk: Callable[[str], Asterisk]) -> Iterator[Asterisk]:
    """One Asterisk for the tests of a module."""
    instance = start_asterisk("pbx")
    yield instance
    instance.remove()


@pytest.fixture
def phones(pbx: Asterisk) -> Iterator[Phones]:
    """The people at the phones of `pbx`."""
    with Phones(pbx) as phones:
        yield phones


@pytest.fixture
def centre(start_asterisk: Callable[[str], Asterisk]) -> Iterator[Asterisk]:
    """An Asterisk with agent 101 in `sales` and 102 in `support`."""
    pbx = start_asterisk("centre")
    for agent, queue in (("101", "sales"), ("102", "support")):
        pbx.cli(f'queue add member Local/{agent}@agents/n to {queue} penalty 0 as "Agent {agent}"')
    yield pbx
    pbx.remove()
