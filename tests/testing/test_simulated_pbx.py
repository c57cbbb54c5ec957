"""The made-up PBX, spoken to by hand: what an adapter can rely on."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from ccroute.testing import Leg, ManualTime, SimulatedPbx, settle

Message = dict[str, Any]


class Client:
    """Speaks the PBX's protocol, a line at a time."""

    def __init__(self, pbx: SimulatedPbx) -> None:
        self.pbx = pbx
        self.heard: list[Message] = []
        self.ids = 0

    async def connect(self) -> None:
        port = int(str(self.pbx.settings()["port"]))
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)

    async def ask(self, verb: str, **more: object) -> Message:
        self.ids += 1
        message = {"do": verb, "id": f"q{self.ids}", **more}
        self.writer.write(json.dumps(message).encode() + b"\n")
        while (found := json.loads(await self.reader.readline())).get("re") != message["id"]:
            self.heard.append(found)
        return found

    async def sign_in(self, password: str = "swordfish") -> Message:
        return await self.ask("sign_in", user="ccroute", password=password)

    async def events(self) -> list[str]:
        """The names of all that was told until now, in words."""
        await self.ask("ping")
        told = [" ".join([it["ev"], *(str(it[key]) for key in ("state", "why") if key in it)])
                for it in self.heard]  # fmt: skip
        self.heard.clear()
        return told

    async def ended(self) -> bool:
        """Whether the PBX has cut the connection, saying nothing more."""
        try:
            return await self.reader.read() == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        self.writer.close()


def play(scene: Callable[[SimulatedPbx, Client, ManualTime], Awaitable[None]]) -> None:
    async def played() -> None:
        time = ManualTime()
        pbx = SimulatedPbx(time)
        await pbx.start()
        client = Client(pbx)
        await client.connect()
        try:
            await scene(pbx, client, time)
        finally:
            client.close()
            await pbx.stop()

    asyncio.run(played())


async def talking(pbx: SimulatedPbx, client: Client, time: ManualTime) -> str:
    await client.sign_in()
    await client.ask("subscribe")
    call = await pbx.place_call()
    assert (await client.ask("dial", call=call, leg="l1", to="101", **{"for": 20}))["ok"]
    await time.run(1.0)
    await pbx.answer("101")
    assert (await client.ask("join", call=call, leg="l1"))["ok"]
    await time.run(1.0)
    return call


def test_who_has_not_signed_in_is_told_and_hears_nothing() -> None:
    async def scene(pbx: SimulatedPbx, client: Client, time: ManualTime) -> None:
        assert (await client.ask("list"))["error"] == "sign_in_first"
        assert (await client.sign_in("guess"))["error"] == "credentials"
        assert (await client.sign_in())["boot"] == 1
        await pbx.place_call()
        assert await client.events() == []
        await client.ask("subscribe")
        await pbx.place_call()
        assert await client.events() == ["call_in"]

    play(scene)


def test_a_conversation_is_told_step_by_step_with_numbers_without_a_hole() -> None:
    async def scene(pbx: SimulatedPbx, client: Client, time: ManualTime) -> None:
        await talking(pbx, client, time)
        await pbx.hang_up_agent("101")
        await client.ask("ping")
        assert [it["n"] for it in client.heard] == list(range(1, len(client.heard) + 1))
        assert await client.events() == [
            "call_in", "leg_new", "leg_rings", "phone ringing", "leg_up", "phone busy",
            "in_bridge", "in_bridge", "leg_gone hung_up", "phone idle", "call_gone bridge_over",
        ]  # fmt: skip
        assert await pbx.legs() == []

    play(scene)


def test_the_reply_to_join_comes_before_both_are_in_the_bridge() -> None:
    async def scene(pbx: SimulatedPbx, client: Client, time: ManualTime) -> None:
        await client.sign_in()
        call = await pbx.place_call()
        await client.ask("dial", call=call, leg="l1", to="101", **{"for": 20})
        await time.run(1.0)
        await pbx.answer("101")
        assert (await client.ask("join", call=call, leg="l1"))["ok"]
        customer, agent = await pbx.legs()
        assert customer.bridge is None
        assert agent.bridge is not None
        await time.run(0.2)
        customer, agent = await pbx.legs()
        assert customer.bridge == agent.bridge

    play(scene)


def test_a_leg_id_is_taken_once() -> None:
    async def scene(pbx: SimulatedPbx, client: Client, time: ManualTime) -> None:
        await client.sign_in()
        call = await pbx.place_call()
        asked = {"call": call, "leg": "l1", "to": "101", "for": 5}
        assert (await client.ask("dial", **asked))["ok"]
        assert (await client.ask("dial", **asked))["error"] == "exists"
        await time.run(6.0)
        assert [leg.kind for leg in await pbx.legs()] == ["customer"]
        assert (await client.ask("dial", **asked))["error"] == "exists"

    play(scene)


def test_a_phone_rings_on_when_the_customer_leaves_before_the_bridge() -> None:
    async def scene(pbx: SimulatedPbx, client: Client, time: ManualTime) -> None:
        await client.sign_in()
        call = await pbx.place_call()
        await client.ask("dial", call=call, leg="l1", to="101", **{"for": 20})
        await time.run(1.0)
        await pbx.hang_up(call)
        assert await pbx.legs() == [Leg(kind="agent", who="101")]
        assert (await client.ask("drop", leg="l1"))["ok"]
        assert (await client.ask("drop", leg="l1"))["error"] == "no_such_leg"
        assert await pbx.legs() == []

    play(scene)


def test_a_second_client_of_the_same_user_ends_the_first() -> None:
    async def scene(pbx: SimulatedPbx, client: Client, time: ManualTime) -> None:
        await client.sign_in()
        other = Client(pbx)
        await other.connect()
        await other.sign_in()
        assert json.loads(await client.reader.readline()) == {"ev": "taken_over"}
        assert await client.ended()
        assert await pbx.links() == 1
        assert len(await pbx.sign_ins()) == 2
        other.close()

    play(scene)


def test_a_restart_loses_all_and_counts_its_boots() -> None:
    async def scene(pbx: SimulatedPbx, client: Client, time: ManualTime) -> None:
        await talking(pbx, client, time)
        await pbx.restart_platform()
        await client.ended()
        again = Client(pbx)
        await again.connect()
        assert (await again.sign_in())["boot"] == 2
        listed = await again.ask("list")
        assert (listed["calls"], listed["legs"], listed["n"]) == ([], [], 0)
        assert {it["state"] for it in listed["phones"]} == {"idle"}
        again.close()

    play(scene)


def test_a_half_open_link_carries_nothing_until_it_is_restored() -> None:
    async def scene(pbx: SimulatedPbx, client: Client, time: ManualTime) -> None:
        await client.sign_in()
        await client.ask("subscribe")
        await pbx.half_open()
        await pbx.place_call()
        client.writer.write(b'{"do":"ping","id":"p"}\n')
        await settle()
        assert not client.reader.at_eof()
        await pbx.restore_link()
        assert await client.ended()

    play(scene)


def test_the_same_scene_says_the_same_bytes_each_time() -> None:
    told: list[str] = []

    async def scene(pbx: SimulatedPbx, client: Client, time: ManualTime) -> None:
        call = await talking(pbx, client, time)
        await pbx.hang_up(call)
        await client.ask("list")
        told.append(json.dumps(client.heard))

    for _ in range(3):
        play(scene)
    assert told[0] == told[1] == told[2]
    assert len(told[0]) > 500


def test_what_is_no_command_is_counted_and_not_answered() -> None:
    async def scene(pbx: SimulatedPbx, client: Client, time: ManualTime) -> None:
        await client.sign_in()
        client.writer.write(b'\xff\n[]\n{"do":"ping"}\n')
        assert (await client.ask("fly"))["error"] == "no_such_verb"
        assert (await client.ask("wait", call="nobody"))["error"] == "no_such_call"
        assert (await client.ask("wait", call=7))["error"] == "bad_value"
        assert pbx.server.misread == 3

    play(scene)
