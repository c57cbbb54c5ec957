"""Assertions 43 to 45: platforms that speak by HTTP requests."""

import random
from itertools import pairwise

import attrs

from ccroute.adapters import Arrived, ContactSignal, Ended, HttpRequest, OfferSignal, Verdict
from ccroute.testing._fold import Fold
from ccroute.testing._play import Play
from ccroute.testing._playing import Playing, assertion

ORDERS = 24
"""How many orders of the requests are tried."""


class OnWebhooks(Playing):
    """Requests from outside."""

    @assertion(43, "webhook_in")
    async def test_43_forged_requests_are_refused(self, play: Play) -> None:
        """403 and no signal for a bad signature, another body, a weaker algorithm; a replay of a
        good one says nothing new."""
        await play.open()
        await play.call()
        await play.settle_down()
        request = play.driver.requests()[-1]
        heard = len(play.heard)
        for how in ("signature", "body", "algorithm"):
            forged = play.driver.forge(request, how)
            if forged is None:
                play.expect(how == "algorithm", f"the driver forges no {how}")
                continue
            status = await self._status(play, forged)
            play.expect_same(status, 403, f"the answer to a forged {how}")
            play.expect_same(play.heard[heard:], [], f"signals after a forged {how}")
        unsigned = attrs.evolve(request, headers={})
        play.expect_same(await self._status(play, unsigned), 403, "the answer without headers")
        status = await self._status(play, request)
        play.expect(status < 500, f"a replay was answered with {status}")
        play.expect_same(play.heard[heard:], [], "signals after a replay")

    async def _status(self, play: Play, request: HttpRequest) -> int:
        answer = await play.finish(play.adapter.handle_http(request), "handle_http")
        await play.settle_down(0.5)
        return answer.status

    def test_44_requests_in_any_order_end_in_the_same_state(self) -> None:
        """A short contact's requests, shuffled and doubled: the same contacts and offers end."""
        ends: list[tuple[object, ...]] = []

        async def scene(play: Play) -> None:
            await play.open()
            await play.driver.hold_requests()
            handle = await play.driver.place_call()
            await play.settle_down()
            await play.driver.hang_up(handle)
            await play.settle_down()
            kept = list(play.driver.requests())
            order = random.Random(len(ends))  # noqa: S311  # an order, no secret
            if ends:
                kept += order.choices(kept, k=len(kept))
                order.shuffle(kept)
            for request in kept:
                await self._status(play, request)
            await play.settle_down(self.watchdog)
            await play.driver.restore_link()
            ends.append(_state(play))
            play.expect_same(ends[-1], ends[0], "the state after another order of requests")

        for _ in range(ORDERS):
            self.play(44, scene, ("webhook_in",))

    @assertion(45, "webhook_in")
    async def test_45_a_failed_request_is_looked_up_first(self, play: Play) -> None:
        """429: again when told, and not before. An error on creating: nothing is made twice."""
        await play.open()
        contact = await play.call()
        instruction = play.ring_of(contact, play.agents[0]) if play.can("ring") else None
        create = instruction or play.park_of(contact)
        await play.driver.throttle(1, 3.0)
        outcome = await play.ask(create)
        tried = await play.driver.attempts(create)
        if outcome.verdict is Verdict.DONE:
            pauses = [b - a for a, b in pairwise(tried)]
            play.expect(pauses and min(pauses) >= 2.9, f"tried again after {pauses}, told 3 s")
        else:
            play.expect_same(outcome.failure, "throttled", f"{outcome}: the failure")
        if instruction is not None:
            await play.ask(play.cancel_of(instruction))
        create = (
            play.ring_of(contact, play.agents[1]) if play.can("ring") else play.park_of(contact)
        )
        await play.driver.fail_creates(1)
        outcome = await play.ask(create)
        await play.settle_down()
        play.expect_same(await play.driver.side_effects(create), 1, "made by a failed request")
        play.expect(outcome.verdict is not Verdict.FAILED, f"it was made, and led to {outcome}")


def _state(play: Play) -> tuple[object, ...]:
    """What is left and how it went, without ids."""
    fold = Fold(play.heard, play.rings)
    stories = []
    for arrived in play.signals(Arrived):
        told = play.of(arrived.contact)
        endings = [type(it).__name__ for it in told if isinstance(it, Ended)]
        stories.append((told[0] == arrived, endings, isinstance(told[-1], Ended)))
    strangers = {it.contact for it in play.signals(ContactSignal)} - {
        it.contact for it in play.signals(Arrived)
    }
    return len(fold.contacts), stories, len(strangers), len(play.signals(OfferSignal))
