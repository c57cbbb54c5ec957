"""Assertions 19 to 22, 42 and 46 to 49: everything ends once, in order, and adds up."""

import attrs

from ccroute.adapters import (
    PARTIES,
    AgentAsked,
    Announce,
    Arrived,
    Barge,
    Bridged,
    CancelConsult,
    CompleteConsult,
    Conference,
    Consult,
    ContactInstruction,
    ContactSignal,
    Disconnected,
    Ended,
    Instruction,
    Listen,
    MirrorAgent,
    OfferFailed,
    OfferSignal,
    Parked,
    PartyJoined,
    PartyLeft,
    PauseRecording,
    PutOnHold,
    RecordingSeen,
    ResumeRecording,
    Ring,
    SendAway,
    SentAway,
    Signal,
    StartHold,
    StartRecording,
    StopHold,
    StopMonitoring,
    StopRecording,
    TakenOffHold,
    Verdict,
    Whisper,
)
from ccroute.testing._fold import offer_endings
from ccroute.testing._on_call_backs import ended_once
from ccroute.testing._play import PATIENCE, Play
from ccroute.testing._playing import Playing, assertion


class OnEndings(Playing):
    """Everything ends once."""

    async def _many_endings(self, play: Play) -> None:
        """Contacts and offers that end in all the ways there are."""
        await play.open()
        ana, *_ = play.agents
        contact = await play.waiting()
        if play.can("ring"):
            for reason in ("busy", "reject", "ignore"):
                if reason == "busy":
                    await play.driver.busy(play.address(ana))
                ring = play.ring_of(contact, ana, 20.0)
                await play.ask(ring)
                await play.settle_down(0.5)
                if reason == "reject":
                    await play.driver.reject(ring.address)
                await play.until(lambda ring=ring: play.of_offer(ring.offer, OfferFailed), 25.0)  # type: ignore[misc]
                await play.driver.ignore(play.address(ana))
        await play.converse(contact, ana)
        await play.hang_up(contact)
        await play.settle_down()
        if play.can("ring"):
            contact = await play.conversation(ana)
            await play.driver.hang_up_agent(play.address(ana))
            await play.settle_down()
            contact = await play.waiting()
            await play.ringing(contact, ana)
            await play.hang_up(contact)
            await play.settle_down()
        contact = await play.waiting()
        await play.hang_up(contact)
        await play.settle_down()

    @assertion(19, "ring")
    async def test_19_every_offer_ends_once(self, play: Play) -> None:
        """OfferFailed, or the end of its conversation: one of them, once."""
        await self._many_endings(play)
        counted = offer_endings(play.heard)
        told = {offer: counted[offer] for offer in play.rings}
        play.expect_same(told, dict.fromkeys(play.rings, 1), "endings by offer")

    @assertion(20, "mode control")
    async def test_20_every_contact_ends_once(self, play: Play) -> None:
        """One Ended for each Arrived, and for each call back."""
        await self._many_endings(play)
        if play.can("call_customer"):
            await ended_once(play)
        for arrived in play.signals(Arrived):
            ended = len(play.of(arrived.contact, Ended))
            play.expect_same(ended, 1, f"Ended of {arrived.contact}")

    @assertion(21, "mode control")
    async def test_21_signals_come_in_order(self, play: Play) -> None:
        """Nothing after the last; times and numbers of the platform only grow."""
        await self._many_endings(play)
        ended: set[object] = set()
        latest: dict[object, float] = {}
        number = -1
        for it in play.signals(Signal):
            if play.can("native_seq") and it.number is not None:
                play.expect(it.number >= number, f"number {it.number} after {number}: {it}")
                number = it.number
            if isinstance(it, ContactSignal):
                about: object = it.contact
            elif isinstance(it, OfferSignal):
                about = it.offer
            else:
                continue
            # That an end is told twice is the matter of 19 and 20.
            last = isinstance(it, Ended | OfferFailed)
            play.expect(last or about not in ended, f"after the end of {about!r}: {it}")
            if it.at is not None:
                play.expect(it.at >= latest.get(about, it.at), f"goes back in time: {it}")
                latest[about] = it.at
            if last:
                ended.add(about)
        play.expect(not play.can("native_seq") or number >= 0, "no signal has a number")

    @assertion(22, "mode control")
    async def test_22_an_instruction_given_twice_is_done_once(self, play: Play) -> None:
        """Again later, and twice at once: one effect, one outcome. Where the platform takes our
        ids, also by an adapter that remembers nothing."""
        await play.open()
        contact = await play.call()
        given: list[Instruction] = []
        if play.can("park"):
            given.append(play.park_of(contact))
        if play.can("ring"):
            given.append(play.ring_of(contact, play.agents[0]))
        if play.can("announce"):
            given.append(Announce(**play.envelope(), contact=contact, prompt="position"))
        play.expect(given, "there is nothing that it can do")
        for instruction in given:
            tasks = [play.begin(instruction), play.begin(instruction)]
            await play.wait_for(lambda: all(it.done() for it in tasks), "no outcome", 15.0)  # noqa: B023
            await play.settle_down(0.5)
            outcomes = [task.result() for task in tasks] + [await play.ask(instruction)]
            play.expect(
                all(it == outcomes[0] for it in outcomes), f"{instruction} led to {outcomes}"
            )
            await play.settle_down(0.5)
            effects = await play.driver.side_effects(instruction)
            play.expect_same(effects, 1, f"times that {instruction} was carried out")
        if play.can("ring") and play.can("client_leg_ids"):
            await self._given_to_another(play, next(iter(play.rings.values())))

    async def _given_to_another(self, play: Play, ring: Ring) -> None:
        await play.finish(play.adapter.close(1.0), "close")
        play.adapter = play.make_adapter(play.driver.settings())
        await play.open()
        outcome = await play.ask(attrs.evolve(ring, deadline=play.time.now() + PATIENCE))
        play.expect(outcome.verdict is not Verdict.UNKNOWN, f"{ring} again led to {outcome}")
        await play.settle_down(0.5)
        effects = await play.driver.side_effects(ring)
        play.expect_same(effects, 1, f"times that {ring} was carried out, by two adapters")
        play.expect_same(len(await play.legs("agent")), 1, "phones that ring for one offer")

    @assertion(42, "ring", "multi_ring")
    async def test_42_of_two_who_answer_one_wins(self, play: Play) -> None:
        """The other has lost the race, and no leg."""
        await play.open()
        contact = await play.waiting()
        rings = [await play.ringing(contact, agent) for agent in play.agents[:2]]
        for ring in rings:
            await play.driver.answer(ring.address)
        await play.settle_down(0.5)
        winner, loser = rings
        await play.do(play.connect_of(winner))
        await play.ask(play.cancel_of(loser))
        await play.settle_down()
        told = [(it.agent, it.offer) for it in play.signals(Bridged)]
        play.expect_same(told, [(winner.agent, winner.offer)], "who was bridged")
        reasons = {it.reason for it in play.signals(OfferFailed) if it.offer == loser.offer}
        play.expect_same(reasons, {"lost_race"}, "why the other failed")
        legs = [leg.who for leg in await play.legs("agent")]
        play.expect_same(legs, [winner.address], "agents who still have a leg")

    @assertion(46, "mode control")
    async def test_46_a_transfer_is_told_once(self, play: Play) -> None:
        """Blind: SentAway, Ended. Consult: joined, sent to the second, who has the customer; and
        so after a conference."""
        tried = False
        await play.open()
        if play.can("blind_transfer"):
            tried = True
            await self._sent_outside(play)
        if play.can("consult_transfer"):
            tried = True
            await self._consulted(play)
        if play.can("conference"):
            tried = True
            await self._conferred(play)
        if play.can("park") and play.can("ring"):
            tried = True
            await self._sent_back_to_wait(play)
        if not tried:
            play.skip("not declared: blind_transfer, consult_transfer, conference, ring")

    async def _sent_outside(self, play: Play) -> None:
        contact = await play.conversation()
        outside = play.driver.outside()
        await play.do(SendAway(**play.envelope(), contact=contact, address=outside))
        await play.wait_for(lambda: play.of(contact, Ended), f"{contact} is not Ended")
        await play.settle_down()
        told = [(it.kind, it.to) for it in play.signals(SentAway) if it.contact == contact]
        play.expect_same(told, [("blind", None)], "SentAway by a blind transfer")
        causes = [it.cause for it in play.signals(Ended) if it.contact == contact]
        play.expect_same(causes, ["transferred"], "causes of the end")
        play.expect(not play.of(contact, Disconnected), "Disconnected after SentAway")
        play.expect(not await play.legs("agent"), "the agent's leg is still there")

    async def _consulted(self, play: Play) -> None:
        ana, bea, *_ = play.agents
        contact = await play.conversation(ana)
        since = len(play.heard)
        for complete in (False, True):
            await self._consult(play, contact, bea)
            kind = CompleteConsult if complete else CancelConsult
            await play.do(kind(**play.envelope(), contact=contact, agent=bea))
            await play.settle_down()
            await play.check_snapshot()
            legs = [leg.who for leg in await play.legs("agent")]
            left = bea if complete else ana
            play.expect_same(legs, [play.address(left)], f"agents after {kind.__name__}")
        roles = {(it.agent, it.role) for it in play.signals(PartyJoined)}
        play.expect_same(roles, {(bea, "consult")}, "who joined, and as what")
        play.expect_same(len(play.of(contact, PartyLeft)), 1, "PartyLeft by CancelConsult")
        told = [(it.kind, it.to) for it in play.signals(SentAway) if it.contact == contact]
        play.expect_same(told, [("consult", bea)], "SentAway by a consult transfer")
        play.expect_same(play.signals(Arrived, since), [], "Arrived during a transfer")
        await play.driver.hang_up_agent(play.address(bea))
        await play.wait_for(lambda: play.of(contact, Ended), f"{contact} is not Ended")
        play.expect_same(len(play.of(contact, Disconnected)), 1, "Disconnected of one contact")

    async def _consult(self, play: Play, contact: str, agent: str) -> None:
        address, joined = play.address(agent), len(play.of(contact, PartyJoined))
        await play.do(Consult(**play.envelope(), contact=contact, agent=agent, address=address))
        await play.settle_down(0.5)
        await play.driver.answer(address)
        await play.wait_for(
            lambda: len(play.of(contact, PartyJoined)) == joined + 1, f"{agent} did not join"
        )
        await play.check_snapshot()

    async def _conferred(self, play: Play) -> None:
        """The second agent goes, the first one goes, the first one hangs up."""
        ana, bea, *_ = play.agents
        contact = await play.conversation(ana)
        first, second = ana, bea
        for kind in (CancelConsult, CompleteConsult, None):
            await self._confer(play, contact, second)
            if kind is not None:
                await play.do(kind(**play.envelope(), contact=contact, agent=second))
            else:
                await play.driver.hang_up_agent(play.address(first))
            await play.settle_down()
            await play.check_snapshot()
            if kind is not CancelConsult:
                first, second = second, first
            legs = [leg.who for leg in await play.legs("agent")]
            play.expect_same(legs, [play.address(first)], f"agents after {kind}")
        play.expect_same(len(play.of(contact, PartyLeft)), 1, "PartyLeft by CancelConsult")
        told = [(it.kind, it.to) for it in play.signals(SentAway) if it.contact == contact]
        play.expect_same(told, [("consult", bea), ("consult", ana)], "SentAway of a conference")
        play.expect(not play.of(contact, Disconnected, Ended), "a conference ended the contact")
        await play.hang_up(contact)
        await play.wait_for(lambda: play.of(contact, Ended), f"{contact} is not Ended")
        await play.settle_down()

    async def _confer(self, play: Play, contact: str, agent: str) -> None:
        await self._consult(play, contact, agent)
        since = len(play.heard)
        conference = Conference(**play.envelope(), contact=contact, agent=agent)
        await play.do(conference)
        await play.wait_for(
            lambda: [it for it in play.signals(PartyJoined, since) if it.contact == contact],
            f"{agent} is in no conference",
        )
        await play.settle_down()
        told = [(it.agent, it.role) for it in play.signals(PartyJoined, since)]
        play.expect_same(told, [(agent, "conference")], "who joined by Conference, and as what")
        await play.check_snapshot()
        legs = [leg.bridge for leg in await play.driver.legs() if leg.kind in {"customer", "agent"}]
        together = len(legs) == 3 and len(set(legs)) == 1 and None not in legs
        play.expect(together, f"in a conference of three they are in the bridges {legs}")

    async def _sent_back_to_wait(self, play: Play) -> None:
        ana, bea, *_ = play.agents
        contact = await play.conversation(ana)
        before = len(play.of(contact, Parked))
        await play.do(play.park_of(contact))
        await play.settle_down()
        play.expect(not await play.legs("agent"), "parked, and the agent's leg is still there")
        play.expect(len(play.of(contact, Parked)) > before, "no Parked, the second time")
        play.expect(not play.of(contact, Disconnected, Ended), "parked, and told to have ended")
        await play.converse(contact, bea)
        told = [it.agent for it in play.signals(Bridged) if it.contact == contact]
        play.expect_same(told, [ana, bea], "who was bridged")

    @assertion(47)
    async def test_47_what_is_mirrored_does_not_come_back(self, play: Play) -> None:
        """A mirrored pause is no wish; a code the agent dials is one, once."""
        tried = False
        await play.open()
        agent = play.agents[0]
        if play.can("agent_mirror"):
            tried = True
            for ready in (False, True):
                await play.do(MirrorAgent(**play.envelope(), agent=agent, ready=ready))
                await play.settle_down()
            play.expect_same(play.signals(AgentAsked), [], "wishes after a mirrored state")
        if play.can("agent_codes"):
            tried = True
            for wish in ("sign_in", "not_ready", "ready", "sign_out"):
                since = len(play.heard)
                await play.driver.dial_code(play.address(agent), wish)
                await play.settle_down()
                told = [(it.agent, it.wish) for it in play.signals(AgentAsked, since)]
                play.expect_same(told, [(agent, wish)], f"wishes after the code for {wish}")
        if not tried:
            play.skip("not declared: agent_mirror, agent_codes")

    @assertion(48, "ring")
    async def test_48_a_cancelled_instruction_leaves_no_leg(self, play: Play) -> None:
        """Or tells it, so that the host can cancel the ringing."""
        await play.open()
        contact = await play.waiting()
        for turns in range(4):
            ring = play.ring_of(contact, play.agents[0])
            task = play.begin(ring)
            await play.turns(turns)
            task.cancel()
            await play.wait_for(task.done, "the cancelled instruction goes on")
            await play.settle_down()
            if await play.legs("agent"):
                told = play.of_offer(ring.offer)
                play.expect(told, "cancelled, and a phone rings that no signal tells of")
                await play.driver.reject(ring.address)
                await play.settle_down()

    @assertion(49)
    async def test_49_the_snapshot_is_what_the_signals_add_up_to(self, play: Play) -> None:
        """After each step of a tour through all that is declared; also after every other test."""
        await play.open()
        await play.check_snapshot()
        contact = await play.call()
        await play.check_snapshot()
        if "control" not in play.adapter.info.modes:
            return
        agent = play.agents[0]
        if play.can("ring"):
            await self._parked_and_rung(play, contact)
        else:
            await play.converse(contact, agent)
        await play.check_snapshot()
        recording = f"r{contact}"
        if play.can("consent_prompt"):
            (_, ask, kind), *_ = self._recording(play, contact, f"{recording}-not")
            await self._step(play, ask, kind, agrees=False)
        steps: list[tuple[str, ContactInstruction, type[ContactSignal]]] = [
            ("hold", StartHold(**play.envelope(600.0), contact=contact), PutOnHold),
            ("hold", StopHold(**play.envelope(600.0), contact=contact), TakenOffHold),
            *self._recording(play, contact, recording),
            *self._monitoring(play, contact),
            *self._advice(play, contact),
        ]
        for capability, instruction, kind in steps:
            if play.can(capability):
                await self._step(play, instruction, kind)
        wanted = ["paused", "resumed"] if play.can("record_pause") else []
        wanted = ["started", *wanted, "stopped"] if play.can("record") else []
        wanted = ["refused", *wanted] if play.can("consent_prompt") else wanted
        states = [it.state for it in play.signals(RecordingSeen)]
        play.expect_same(states, wanted, "states of the recording")
        roles = {it.role for it in play.signals(PartyJoined)}
        play.expect(roles <= set(PARTIES), f"others joined as {roles}")

    async def _parked_and_rung(self, play: Play, contact: str) -> None:
        agent = play.agents[0]
        if play.can("park"):
            await play.do(play.park_of(contact))
            await play.settle_down()
            await play.check_snapshot()
        ring = await play.ringing(contact, agent)
        await play.check_snapshot()
        await play.driver.answer(ring.address)
        await play.settle_down()
        await play.check_snapshot()
        await play.do(play.connect_of(ring))
        await play.settle_down()
        play.expect(play.of(contact, Bridged), f"{contact} is not Bridged")

    async def _step(
        self,
        play: Play,
        instruction: ContactInstruction,
        kind: type[ContactSignal],
        *,
        agrees: bool = True,
    ) -> None:
        since = len(play.heard)
        outcome = await play.ask(instruction)
        play.expect_same(outcome.verdict, Verdict.DONE, f"outcome of {instruction}")
        if isinstance(instruction, StartRecording) and instruction.consent is not None:
            await play.settle_down(0.5)
            play.expect(not play.signals(kind, since), "recorded before the customer agreed")
            handle = play.handles[instruction.contact]
            await play.driver.answer_consent(handle, agrees=agrees)
        # Supervisors and second agents have phones too.
        if isinstance(instruction, Listen | Whisper | Barge | Consult):
            await play.settle_down(0.5)
            await play.driver.answer(instruction.address)
        await play.settle_down()
        told = [it for it in play.signals(kind, since) if it.contact == instruction.contact]
        play.expect_same(len(told), 1, f"{kind.__name__} after {type(instruction).__name__}")
        await play.check_snapshot()

    def _recording(
        self, play: Play, contact: str, recording: str
    ) -> list[tuple[str, ContactInstruction, type[ContactSignal]]]:
        def about(
            kind: type[StopRecording | PauseRecording | ResumeRecording],
        ) -> ContactInstruction:
            return kind(**play.envelope(600.0), contact=contact, recording=recording)

        consent = "may-we-record" if play.can("consent_prompt") else None
        start = StartRecording(
            **play.envelope(600.0), contact=contact, recording=recording, consent=consent
        )
        return [
            ("record", start, RecordingSeen),
            ("record_pause", about(PauseRecording), RecordingSeen),
            ("record_pause", about(ResumeRecording), RecordingSeen),
            ("record", about(StopRecording), RecordingSeen),
        ]

    def _advice(
        self, play: Play, contact: str
    ) -> list[tuple[str, ContactInstruction, type[ContactSignal]]]:
        second = play.agents[1]
        begin = Consult(
            **play.envelope(600.0), contact=contact, agent=second, address=play.address(second)
        )
        confer = Conference(**play.envelope(600.0), contact=contact, agent=second)
        end = CancelConsult(**play.envelope(600.0), contact=contact, agent=second)
        return [
            ("consult_transfer", begin, PartyJoined),
            ("conference", confer, PartyJoined),
            ("consult_transfer", end, PartyLeft),
        ]

    def _monitoring(
        self, play: Play, contact: str
    ) -> list[tuple[str, ContactInstruction, type[ContactSignal]]]:
        supervisor = play.agents[2]
        address = play.address(supervisor)
        steps: list[tuple[str, ContactInstruction, type[ContactSignal]]] = []
        for capability, kind in (("listen", Listen), ("whisper", Whisper), ("barge", Barge)):
            begin = kind(
                **play.envelope(600.0), contact=contact, supervisor=supervisor, address=address
            )
            end = StopMonitoring(**play.envelope(600.0), contact=contact, supervisor=supervisor)
            steps += [(capability, begin, PartyJoined), (capability, end, PartyLeft)]
        return steps
