"""What the people of one tenant can see and do: the desks of its agents, its supervisors."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TypeAlias

from ccroute._commands import Command
from ccroute._errors import AdapterError, CcrouteError, LinkError, Rejected
from ccroute._events import Event, OfferMade
from ccroute.adapters import (
    Barge,
    Consult,
    ContactInstruction,
    Listen,
    Outcome,
    Verdict,
    Whisper,
)
from ccroute.host._audit import Audit, AuditRecord
from ccroute.host._consequences import Effect
from ccroute.host._desk import DeskEvent, DeskState, Feed
from ccroute.host._effects import Effects
from ccroute.host._link import Link
from ccroute.host._live import LiveContacts
from ccroute.host._placement import Placed
from ccroute.host._tenant import Tenant
from ccroute.host._waiting import Ask

Attributes: TypeAlias = Mapping[str, "str | int | bool"]

_PATIENCE = 10.0
_SUBJECTS = ("contact", "agent", "offer", "queue", "line", "agents")


class Floor:
    """One tenant, from the side of people."""

    def __init__(
        self,
        tenant: Tenant,
        effects: Effects,
        links: Mapping[str, Link],
        audit: Audit,
        names: Callable[[], str],
    ) -> None:
        self.tenant = tenant
        self.live = LiveContacts()
        self.name = names
        self._effects = effects
        self._links = links
        self._audit = audit
        self._feeds: dict[str, list[Feed]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        tenant.told.append(self.hear)
        tenant.parts = self.live.parts
        tenant.on_record.append(self._by_phone)

    def hear(self, events: list[Event]) -> None:
        """Takes events in and shows them on the screens they concern."""
        for event in events:
            before = self.live.concerned(event) if self._feeds else ()
            self.live.note(event)
            if not self._feeds:
                continue
            for agent in dict.fromkeys([*before, *self.live.concerned(event)]):
                feeds = self._feeds.get(agent)
                if feeds:
                    shown = self.shown(event)
                    for feed in feeds:
                        feed.put(shown)

    def shown(self, event: Event) -> DeskEvent:
        """An event as a screen shows it."""
        attributes: Attributes = {}
        url = None
        if event.contact is not None:
            with suppress(Rejected):  # past retention
                attributes = self.tenant.router.attributes(event.contact)
        if isinstance(event, OfferMade) and event.contact is not None:
            story = self.tenant.router.story(event.contact)
            known = {"contact": event.contact, "queue": event.queue, "agent": event.agent}
            facts = {**attributes, **known, "customer": story.customer}
            url = self.tenant.settings.url(facts)
        return DeskEvent(event=event, attributes=attributes, url=url)

    @contextmanager
    def feed(self, agent: str) -> Iterator[Feed]:
        """What a screen of the agent's is told, for as long as it looks."""
        feed = Feed()
        self._feeds.setdefault(agent, []).append(feed)
        try:
            yield feed
        finally:
            self._feeds[agent].remove(feed)
            if not self._feeds[agent]:
                del self._feeds[agent]

    def desk_state(self, agent: str) -> DeskState:
        """All that the agent's screen must show."""
        explanation = None
        with suppress(Rejected):  # never signed in
            explanation = self.tenant.router.explain_agent(agent)
        return DeskState(
            agent=explanation,
            offers=tuple(self.shown(it) for it in self.live.offers_to(agent)),
            contacts=self.live.of(agent),
        )

    # -- What may be done ---------------------------------------------------------------

    def check_offer(self, agent: str, offer: int) -> None:
        """Raises ``Rejected`` when the offer is not this agent's."""
        made = self.live.offers.get(offer)
        if made is None:
            raise Rejected("offer_ended", f"offer {offer} is not live: it ended, or never was")
        if made.agent != agent:
            raise _not_theirs(agent, f"offer {offer}")

    def check_part(self, agent: str, contact: str, *, lately: bool = False) -> None:
        """Raises ``Rejected`` when the agent has no part in the contact; ``lately``: had none
        either."""
        if self.live.is_theirs(contact, agent):
            return
        if not (lately and self.live.handled(contact, agent)):
            raise _not_theirs(agent, f"contact {contact!r}")

    def check_engaged(self, contact: str) -> None:
        """Raises ``Rejected`` when nobody talks with the contact."""
        it = self.live.get(contact)
        if it is None or it.phase != "engaged":
            phase = "gone" if it is None else it.phase
            raise Rejected("wrong_phase", f"contact {contact!r} is {phase}: it must be engaged")

    def check_free(self, agent: str) -> None:
        """Raises ``Rejected`` when an agent cannot be asked for advice."""
        known = self.tenant.router.explain_agent(agent)
        if known.availability == "offline":
            raise Rejected("agent_signed_out", f"agent {agent!r} is signed out: ask another")
        if known.activity != "idle":
            raise Rejected("no_capacity", f"agent {agent!r} is {known.activity}: ask another")

    def check_consulted(self, contact: str, agent: str) -> None:
        """Raises ``Rejected`` when an agent is not consulted about the contact."""
        role = self.live.parts(contact).get(agent)
        if role == "conference":
            raise Rejected("already_joined", f"agent {agent!r} speaks with {contact!r} already")
        if role != "consult":
            raise Rejected(
                "not_joined", f"agent {agent!r} is not consulted about {contact!r}: consult first"
            )

    @contextmanager
    def on_record(self, actor: str, action: str, about: str) -> Iterator[None]:
        """What is refused before it is asked goes on record too."""
        try:
            yield
        except CcrouteError as error:
            self._note(actor, None, action, about, _code(error))
            raise

    def destination(self, address: str) -> str:
        """An address outside, if the tenant lets agents transfer there, now.

        Raises:
            Rejected: ``destination_refused``, ``too_many_transfers``.
        """
        return self.tenant.consequences.outside.dial(address)

    def recording(self, contact: str) -> str:
        """The id of the contact's recording.

        Raises:
            Rejected: ``not_recorded``.
        """
        placed = self.tenant.placements.get(contact)
        if placed is None or placed.recording is None:
            raise Rejected("not_recorded", f"contact {contact!r} is not recorded: start it first")
        return placed.recording

    # -- Doing it -----------------------------------------------------------------------

    async def ask(
        self,
        command: Command,
        actor: str,
        reason: str | None = None,
        command_id: str | None = None,
    ) -> int | None:
        """Has a command carried out in its turn, and notes who asked. Whoever is cancelled while
        waiting has asked all the same."""
        try:
            answer = self.tenant.ask(command, actor=actor, reason=reason, command_id=command_id)
        except CcrouteError as error:
            self._note(actor, reason, command.verb, _subject(command), _code(error))
            raise

        def note(done: "asyncio.Future[int | None]") -> None:
            error = done.exception()
            outcome = "done" if error is None else _code(error)
            self._note(actor, reason, command.verb, _subject(command), outcome)

        answer.add_done_callback(note)
        return await asyncio.shield(answer)

    async def perform(
        self,
        contact: str,
        kind: type[ContactInstruction],
        command: Command | None,
        actor: str,
        reason: str | None = None,
        *,
        when_linked: bool = True,
        **fields: object,
    ) -> None:
        """Has something done at the contact's platform, and then ``command`` by the engine, unless
        signals say the same (``when_linked`` false); for a contact on no platform the
        command alone. Goes on when whoever waits is cancelled.

        Raises:
            Rejected: ``unsupported``: the platform cannot.
            LinkError: the link is down.
            AdapterError: it failed there, or nobody knows.
        """
        placed = self.tenant.placements.get(contact)
        if placed is None or placed.gone:
            if command is None:
                self._note(actor, reason, kind.__name__, contact, "unsupported")
                raise Rejected("unsupported", f"contact {contact!r} is on no platform")
            await self.ask(command, actor, reason)
            return
        follows = command if when_linked else None
        work = asyncio.ensure_future(self._perform(placed, kind, follows, actor, reason, fields))
        self._tasks.add(work)
        work.add_done_callback(self._tasks.discard)
        await asyncio.shield(work)

    async def _perform(
        self,
        placed: Placed,
        kind: type[ContactInstruction],
        command: Command | None,
        actor: str,
        reason: str | None,
        fields: dict[str, object],
    ) -> None:
        try:
            await self._at_platform(placed, kind, actor, reason, fields)
        except CcrouteError as error:
            self._note(actor, reason, kind.__name__, placed.contact, _code(error))
            raise
        self._note(actor, reason, kind.__name__, placed.contact, "done")
        if command is not None:
            with suppress(Rejected):  # a signal of the platform was quicker
                await self.tenant.ask(command, actor=actor, reason=reason)

    async def close(self) -> None:
        """Waits for what is under way: with its links closed, it comes to an end. Screens are
        told no more."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for feeds in self._feeds.values():
            for feed in feeds:
                feed.close()

    async def _at_platform(
        self,
        placed: Placed,
        kind: type[ContactInstruction],
        actor: str,
        reason: str | None,
        fields: dict[str, object],
    ) -> None:
        link = self._links[placed.link]
        if not kind.possible_on(link.info):
            raise Rejected("unsupported", f"link {link.name!r} has no {kind.needs}")
        if fields.get("consent") is not None and not link.info.can("consent_prompt"):
            raise Rejected("unsupported", f"link {link.name!r} has no consent_prompt")
        if issubclass(kind, Consult | Listen | Whisper | Barge):
            who = str(fields.get("agent") or fields.get("supervisor"))
            address = self.tenant.settings.address(who, placed.link)
            if address is None:
                raise Rejected(
                    "no_address", f"{who!r} has no address on link {link.name!r}: add it to "
                    "the tenant's `directory`"
                )  # fmt: skip
            fields = {**fields, "address": address}
        instruction = kind(
            id=self.name(),
            deadline=self.tenant.instant() + _PATIENCE,
            tenant=self.tenant.name,
            actor=actor,
            reason=reason,
            contact=placed.native,
            **fields,
        )
        outcome = await self._effects.perform(Effect(link=link.name, instruction=instruction))
        _raise_for(outcome, kind.__name__, link.name)

    def _by_phone(self, ask: Ask, error: Exception | None) -> None:
        outcome = "done" if error is None else _code(error)
        verb, about = ask.command.verb, _subject(ask.command)
        self._note(ask.actor or "", ask.reason, verb, about, outcome)

    def _note(self, actor: str, reason: str | None, action: str, about: str, outcome: str) -> None:
        self._audit.note(
            AuditRecord(
                at=self.tenant.instant(),
                tenant=self.tenant.name,
                actor=actor,
                reason=reason,
                action=action,
                about=about,
                outcome=outcome,
            )
        )


def _raise_for(outcome: Outcome, what: str, link: str) -> None:
    match outcome.verdict:
        case Verdict.DONE:
            return
        case Verdict.FAILED if outcome.failure == "link_down":
            raise LinkError(f"{what}: link {link!r} is down: try again when it is up")
        case Verdict.FAILED:
            raise AdapterError(
                f"{what} failed on link {link!r}: {outcome.failure} {outcome.detail}".rstrip()
            )
        case Verdict.UNKNOWN:
            raise AdapterError(
                f"{what} on link {link!r}: nobody knows whether it was done ({outcome.detail}): "
                "look before asking again"
            )


def _subject(command: Command) -> str:
    return next(
        (str(it) for name in _SUBJECTS if (it := getattr(command, name, None)) is not None), ""
    )


def _code(error: BaseException) -> str:
    return error.code if isinstance(error, Rejected) else type(error).__name__


def _not_theirs(agent: str, what: str) -> Rejected:
    return Rejected("not_yours", f"agent {agent!r} has no part in {what}: ask for one's own")
