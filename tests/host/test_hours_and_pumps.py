"""Opening hours, scheduled contacts, rankers and figures: what a host does by the clock."""

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ccroute import ConfigError, Enqueue, Plan, Router, SetPlan
from ccroute.host import Figure, Host, Ranker
from ccroute.testing import ManualTime, settle

MADRID = ZoneInfo("Europe/Madrid")
OFFICE = """
[queues.support]
hours = "office"
[calendars.office]
zone = "Europe/Madrid"
weekly = { mon = ["09:00-18:00"], tue = ["09:00-18:00"] }
"""


def test_queues_open_and_close_by_the_calendar() -> None:
    async def whole() -> None:
        time = ManualTime(datetime(2026, 11, 30, 8, 59, tzinfo=MADRID).timestamp())
        async with Host(Router(Plan.from_toml(OFFICE), clock=time), time=time) as host:
            router = host.router()

            def is_open() -> bool:
                return router.explain_queue("support").open

            await settle()
            assert not is_open()
            await time.run(59)
            assert not is_open()
            await time.run(1)
            assert is_open()
            await time.run(9 * 3600)
            assert not is_open()
            await time.run(15 * 3600)  # Tuesday at nine
            assert is_open()
            # A plan without hours leaves them open.
            longer = OFFICE.replace('tue = ["09:00-18:00"]', 'tue = ["09:00-20:00"]')
            await host.apply(SetPlan(plan=Plan.from_toml(longer)), actor="test")
            await time.run(10 * 3600)
            assert is_open()
            await time.run(3600)
            assert not is_open()
            assert host.health().tenants["main"].counters["late"] == 0

    asyncio.run(whole())


def test_a_scheduled_contact_waits_for_its_hour() -> None:
    async def whole() -> None:
        time = ManualTime()
        plan = Plan.from_toml("[queues.support]")
        async with Host(Router(plan, clock=time), time=time) as host:
            later = Enqueue(contact="c1", queue="support", not_before=time.now() + 300.0)
            await host.apply(later, actor="test")
            (seen,) = host.supervise().waiting()
            assert (seen.phase, seen.position) == ("scheduled", None)
            await time.run(300)
            (seen,) = host.supervise().waiting()
            assert (seen.phase, seen.position) == ("waiting", 1)

    asyncio.run(whole())


SCORED = """
[queues.support]
strategy = ["scores"]
scores = "fit"
[scores.fit]
by = "kind"
"""


def test_a_ranker_fills_its_table_and_may_fail() -> None:
    async def whole() -> None:
        time, asked = ManualTime(), []

        async def rank(router: Router) -> dict[str, dict[str, float]]:
            asked.append(router)
            if len(asked) == 2:
                raise RuntimeError("the model is away")
            if len(asked) == 3:
                await time.sleep_until(time.now() + 1e6)
            return {"any": {"ana": 0.5}}

        plan = Plan.from_toml(SCORED)
        ranker = Ranker(table="fit", rank=rank, every=60.0, lasts=150.0)
        async with Host(Router(plan, clock=time), time=time, pumps=[ranker]) as host:
            await settle()
            status = host.router().scores_status("fit")
            assert (status.version, status.expires) == (1, time.now() + 150.0)
            await time.run(60)
            assert host.router().scores_status("fit").version == 1
            assert host.health().tenants["main"].counters["pump_faults"] == 1
            await time.run(120)
            assert host.health().tenants["main"].counters["pump_faults"] == 2
            await time.run(60)
            assert host.router().scores_status("fit").version >= 4

    asyncio.run(whole())


def test_figures_are_told_and_unknown_ones_counted() -> None:
    async def whole() -> None:
        time = ManualTime()
        figure = Figure(kpi="nobody asked", read=lambda _: (1, 2))
        plan = Plan.from_toml("[queues.support]")
        async with Host(Router(plan, clock=time), time=time, pumps=[figure]) as host:
            await time.run(15)
            assert host.health().tenants["main"].counters["pump_faults"] == 2

    asyncio.run(whole())


def test_pumps_that_never_rest_are_refused() -> None:
    with pytest.raises(ConfigError, match="every is 0"):
        Ranker(table="fit", rank=lambda _: {}, every=0)
