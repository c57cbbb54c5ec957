"""The adapter in a host, under time that moves when told: a customer is called back."""

import asyncio

from ccroute import Plan, RequestCallback, Router
from ccroute.host import Host, TenantSettings
from ccroute.testing import ManualTime, SimulatedPbx
from ccroute_acme import acme

PLAN = """
[queues.sales]
wrap_up = { mode = "none" }
callback = { attempts = 2 }
"""


def test_a_customer_is_called_back_over_the_pbx() -> None:
    async def scene() -> None:
        time = ManualTime()
        pbx = SimulatedPbx(time)
        await pbx.start()
        settings = TenantSettings(
            directory={agent: {"pbx": phone} for agent, phone in pbx.addresses().items()},
            destinations=["00346*"],
            fallback_queue="sales",
        )
        router = Router(Plan.from_toml(PLAN), clock=time)
        host = Host(
            router, adapters={"pbx": acme("pbx", pbx.settings())}, settings=settings, time=time
        )
        async with host:
            number = pbx.customer_address()
            call = await pbx.place_call(caller=number)
            await time.run(1)
            await host.apply(RequestCallback(contact=f"pbx:{call}"), actor="menu")
            await time.run(1)
            assert await pbx.legs() == []
            ana = host.agent("ana")
            await ana.sign_in(queues=["sales"], capacity={"voice": 1})
            await ana.ready()
            await time.run(1)
            await pbx.answer(pbx.addresses()["ana"])
            await time.run(1)
            assert host.router().explain(f"pbx:{call}").phase == "connecting"
            await pbx.answer(number)
            await time.run(60)
            assert host.router().explain(f"pbx:{call}").phase == "engaged"
            assert len({leg.bridge for leg in await pbx.legs()}) == 1
            await ana.release(f"pbx:{call}")
            await time.run(1)
            assert await pbx.legs() == []
            row = host.router().metrics.report(kpis=["answered", "abandoned"])["sales"]
            assert (row["answered"].value, row["abandoned"].value) == (1, 0)
        await pbx.stop()

    asyncio.run(scene())


def test_a_pbx_that_routes_is_measured_whatever_breaks() -> None:
    async def scene() -> None:
        time = ManualTime()
        pbx = SimulatedPbx(time, routes=True)
        await pbx.start()
        router = Router(Plan.from_toml(PLAN), clock=time)
        link = acme("pbx", pbx.settings())
        async with Host(router, adapters={"pbx": link}, time=time) as host:

            async def served() -> None:
                call = await pbx.place_call()
                await pbx.answer("101")
                await time.run(60)
                await pbx.hang_up(call)
                await time.run(1)

            await served()
            await pbx.drop_link()
            await served()  # while nobody listens
            await pbx.restore_link()
            await time.run(120)
            await served()
            row = host.router().metrics.report(kpis=["answered", "att"])["sales"]
            assert (row["answered"].value, row["att"].value) == (3, 60.0)
            assert not row.gap  # it was all told afterwards
            await pbx.place_call()  # one waits, one talks
            await pbx.place_call()
            await pbx.answer("101")
            await time.run(1)
            await pbx.restart_platform()
            await time.run(120)
            await served()
            kpis = ["answered", "abandoned", "left.failed", "offered"]
            row = host.router().metrics.report(kpis=kpis)["sales"]
            assert [row[kpi].value for kpi in kpis] == [5, 0, 1, 6]
            assert row.gap
            assert host.supervise().waiting() == []
            assert pbx.server.commands.effects == {}  # it was told nothing
        await pbx.stop()

    asyncio.run(scene())
