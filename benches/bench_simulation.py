"""Simulation through the real router: `simulate` beside packages for it and loops by hand.

Everyone is given the same callers, drawn beforehand; waits are compared caller by caller. A loop
by hand knows one model and nothing else, so that it is a comparison of its own.
"""

import numpy as np
import pytest
from numpy.typing import NDArray

from benches.peers.simulators import PEERS, Peer, Waits
from benches.race import Race
from benches.traces.callers import MMC, MMCM, MODELS, N_MODEL, Model, callers, plan
from ccroute import simulate

PACKAGES = "simulation, packages"
BY_HAND = "simulation, loop by hand"
CALLERS = 1_000_000
QUICK_CALLERS = 100_000
QUICK_SHARE = 5
"""Packages take so much fewer callers in a quick run."""
GOALS = {
    PACKAGES: {MMC: 20.0, MMCM: 20.0, N_MODEL: 6.0},
    BY_HAND: {MMC: None, MMCM: None, N_MODEL: 1.0},
}
cells = pytest.mark.cells(quick=list(MODELS))


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
@cells
def test_peer(race: Race, cell: Model, peer: Peer) -> None:
    if cell not in peer.runs:
        pytest.skip(f"{peer.name} cannot be asked for the same {cell}")
    if peer.by_hand:
        count = QUICK_CALLERS if race.quick else CALLERS
    else:
        count = peer.most // QUICK_SHARE if race.quick else peer.most
    given = callers(cell, count)
    columns = (given.arrivals_us, given.queues, given.service_us, given.patience_us)
    lists = [None if column is None else column.tolist() for column in columns]

    race(
        BY_HAND if peer.by_hand else PACKAGES,
        str(cell),
        peer.name,
        events=count,
        rounds=5 if peer.by_hand else 3,
        prepare=lambda: (cell.agents, cell.both, *lists),
        work=peer.runs[cell],
        settle=waited,
    )


def waited(waits: Waits) -> NDArray[np.int64]:
    return np.array(waits, np.int64)


@pytest.mark.parametrize("setting", [PACKAGES, BY_HAND])
@cells
def test_ccroute(race: Race, cell: Model, setting: str) -> None:
    count = QUICK_CALLERS if race.quick else CALLERS
    given = callers(cell, count)
    planned = plan(cell)

    def work() -> NDArray[np.int64]:
        return simulate(
            planned,
            arrivals_us=given.arrivals_us,
            queues=given.queues,
            service_us=given.service_us,
            patience_us=given.patience_us,
        ).wait_us

    race(
        setting,
        str(cell),
        "ccroute",
        events=count,
        goal=GOALS[setting][cell],
        work=work,
    )
