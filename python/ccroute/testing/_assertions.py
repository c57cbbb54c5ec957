"""The fifty assertions as data: their numbers, words and levels. What they do stands beside."""

from collections.abc import Mapping
from types import MappingProxyType
from unittest import SkipTest

ASSERTIONS: Mapping[int, str] = MappingProxyType(
    {
        1: "information never changes, and what is not declared is refused as unsupported",
        2: "wrong credentials raise ConfigError, and nothing is tried again",
        3: "a refused port raises LinkError in time",
        4: "close leaves no task and no socket, twice as well as once",
        5: "secrets are in no repr, log or exception",
        6: "a customer who comes is told once, under an id that stays",
        7: "parking is told once",
        8: "ringing is told as dialled, ringing, answered",
        9: "bridged is told when both legs are in one bridge, and not before",
        10: "an agent who hangs up disconnects by agent",
        11: "a customer who hangs up disconnects by customer",
        12: "no answer is told when the time is up, and the customer still waits",
        13: "busy, rejected and unreachable are told apart",
        14: "a customer who leaves while it rings: abandoned, caller gone, no leg left",
        15: "a customer who leaves between answer and bridge is never bridged",
        16: "ringing can be cancelled at any moment, and leaves no leg",
        17: "what is gone is answered with gone",
        18: "who is sent away by a rule has not abandoned",
        19: "every offer that was dialled ends once",
        20: "every contact ends once",
        21: "signals come in their order, the last one last",
        22: "an instruction given twice is carried out once",
        23: "a broken link: down, growing pauses, up, gap, snapshot",
        24: "a contact that ended meanwhile is closed, as inferred",
        25: "a contact that lives on keeps its id",
        26: "a contact that came meanwhile is found",
        27: "an offer in flight ends or lives, never both",
        28: "what is unknown is not sent again",
        29: "a restart of the platform is a new epoch, and its contacts are lost",
        30: "a link without bytes is noticed",
        31: "a session that is stolen is not fought for",
        32: "pending instructions become unknown, and none hangs",
        33: "after a reconnect everything is heard as before",
        34: "what is throttled is paced, told and not lost",
        35: "a full sink costs the link, not a signal",
        36: "a storm of events costs no memory",
        37: "bytes in any pieces say the same",
        38: "malformed input breaks nothing, and is counted",
        39: "an unknown event is unmapped, never an error",
        40: "a platform whose clock is wrong alters no duration",
        41: "a contact that is renamed keeps its id",
        42: "of two who answer one wins, the other has lost the race",
        43: "forged requests are refused, replayed ones say nothing new",
        44: "requests in any order and number end in the same state",
        45: "a refused request is repeated when asked to, a failed one looked up first",
        46: "a transfer is told once, and the contact goes on",
        47: "what is mirrored does not come back as a wish",
        48: "a cancelled instruction leaves no leg, or tells it",
        49: "the snapshot is what the signals add up to",
        50: "importing is quick and touches nothing",
    }
)
"""What an adapter is held to, by number."""

LEVELS: Mapping[str, range] = MappingProxyType(
    {"bronze": range(1, 23), "silver": range(1, 37), "gold": range(1, 51)}
)
"""The assertions each level needs, the lowest level first."""


class ContractBroken(AssertionError):
    """An adapter does not hold the contract. ``number``: of the assertion it breaks, which may
    be another than the test was about: no task may be left after any of them."""

    def __init__(self, number: int, told: str) -> None:
        super().__init__(f"assertion {number} ({ASSERTIONS[number]}): {told}")
        self.number = number


class NotForThis(SkipTest):
    """An assertion that is not for this adapter or platform. Only the kit raises it: what
    somebody else skips was not tried."""
