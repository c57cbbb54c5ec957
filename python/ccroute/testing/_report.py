"""Which level an adapter reached, and what it lacks."""

from collections.abc import Iterable, Mapping
from unittest import SkipTest

import attrs

from ccroute.testing._assertions import ASSERTIONS, LEVELS, ContractBroken, NotForThis
from ccroute.testing._contract import AdapterContract


def tests_by_number() -> dict[int, str]:
    """The tests of the contract, by the number of their assertion."""
    names = [name for name in dir(AdapterContract) if name.startswith("test_")]
    return {int(name[5:7]): name for name in sorted(names)}


@attrs.frozen(kw_only=True)
class ContractReport:
    """What came of the fifty assertions.

    ``name``: of the test class; ``passed``: numbers of the assertions that hold; ``skipped``: those
    that are not for this adapter, with the reason; ``failed``: those that do not hold, with the
    message; ``caught``: the numbers those messages name. What is in none was not tried.
    """

    name: str
    passed: frozenset[int]
    skipped: Mapping[int, str]
    failed: Mapping[int, str]
    caught: frozenset[int] = frozenset()

    @property
    def level(self) -> str | None:
        """``gold``, ``silver``, ``bronze`` or ``None``."""
        reached = [level for level in LEVELS if not self.missing(level)]
        return reached[-1] if reached else None

    def missing(self, level: str) -> tuple[int, ...]:
        """The assertions that a level asks for and that do not hold, or were not tried."""
        fine = self.passed | self.skipped.keys()
        return tuple(number for number in LEVELS[level] if number not in fine)

    def __str__(self) -> str:
        """A line with the level, a line for each assertion that is missing, and what was
        skipped."""
        counts = f"{len(self.passed)} of {len(ASSERTIONS)} hold, {len(self.skipped)} not for it"
        lines = [f"{self.name}: {self.level or 'no level'} ({counts})"]
        for number in self.missing("gold"):
            level = next(name for name, numbers in LEVELS.items() if number in numbers)
            what = "does not hold" if number in self.failed else "was not tried"
            lines.append(f"  {level} lacks {number:02}: {ASSERTIONS[number]} ({what})")
        reasons: dict[str, list[int]] = {}
        for number, reason in sorted(self.skipped.items()):
            reasons.setdefault(reason, []).append(number)
        for reason, numbers in reasons.items():
            lines.append(f"  not for it: {', '.join(f'{it:02}' for it in numbers)} ({reason})")
        return "\n".join(lines)


def try_contract(
    contract: type[AdapterContract], numbers: Iterable[int] = ASSERTIONS
) -> ContractReport:
    """Tries assertions, by default all, with a test class and without pytest; raises nothing
    that they find."""
    passed: set[int] = set()
    skipped: dict[int, str] = {}
    failed: dict[int, str] = {}
    caught: set[int] = set()
    names = tests_by_number()
    for number in numbers:
        try:
            getattr(contract(), names[number])()
        except NotForThis as reason:
            skipped[number] = str(reason)
        except SkipTest:
            continue
        except ContractBroken as error:
            failed[number] = str(error)
            caught.add(error.number)
        except Exception as error:  # noqa: BLE001  # of the author's own, or a defect of the kit
            failed[number] = f"{type(error).__name__}: {error}"
            caught.add(number)
        else:
            passed.add(number)
    return ContractReport(
        name=contract.__name__, passed=frozenset(passed), skipped=skipped, failed=failed,
        caught=frozenset(caught),
    )  # fmt: skip
