"""The words of explanations, in English and in Spanish: the same phrases in both."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

Language: TypeAlias = Literal["en", "es"]

PHRASES: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "agent": "agent",
        "agents": "agents",
        "contact": "contact",
        "contacts": "contacts",
        "waiting contact": "waiting contact",
        "waiting contacts": "waiting contacts",
        "span.s": "{seconds} s",
        "span.min": "{minutes} min",
        "span.h": "{hours} h",
        "nothing": "none",
        "or": " or ",
        "not": "without {what}",
        "phase.scheduled": "scheduled",
        "phase.waiting": "waiting",
        "phase.offered": "offered",
        "phase.connecting": "connecting",
        "phase.engaged": "engaged",
        "phase.held": "held",
        "phase.suspended": "suspended",
        "phase.closed": "closed",
        "contact.head": "contact {contact} is {phase} in {queue}, {age} old",
        "contact.ahead": ", {ahead} ahead of it",
        "contact.first": ", first in line",
        "contact.with": "with {agent}",
        "contact.offered": "offered to {agent} of {eligible} eligible, idle {idle}{score}; runs"
        " out in {until}",
        "contact.score": ", score {score}",
        "contact.needs": "requirements: {needs}; steps taken: {steps}",
        "contact.ranks": "of agents of rank {low} to {high}",
        "contact.ranks_from": "of agents of rank {low} or more",
        "contact.step": "step {step} is due in {due}",
        "contact.scheduled": "waits for its time, {due} from now",
        "contact.suspended": "out of matching for {due} more at most",
        "contact.eliminated": "{why}: {agents}",
        "contact.nearest": "nearest is {agent}: {obstacles}",
        "contact.lacks": "lacks {skill} {asked} (has {held})",
        "contact.passes": "passes by itself in {due}",
        "agent.head": "agent {agent} is {availability}, {activity}, device {device}",
        "agent.open": "open on: {channels}",
        "agent.closed": "open on: no channel",
        "agent.back_off": "in a pause after a failure, {due} more",
        "agent.next": "would take {contact} next, were they free",
        "agent.withheld": "{contacts} withheld: {why}",
        "queue.head": "queue {queue} is {state}: {waiting} waiting, {length} in it,"
        " {staff} of its agents signed in, {idle} idle in all",
        "queue.open": "open",
        "queue.shut": "closed",
        "queue.group": "{contacts}, requirements: {needs}; the first waiting for {age}; {why}",
        "queue.kept": "idle: {agents}, {why}",
        "queue.empty": "no agent signed in",
        "queue.change": "what would help most: {change}; contacts that could be taken: {contacts}",
        "change.lower": "ask for {skill} {level} only",
        "change.drop": "no longer ask for {skill}",
        "change.link": "assign this queue to {agents} of other queues",
        "change.ready": "set {agents} ready",
        "decision.head": "event {event}: contact {contact}, {ahead} ahead of it, to {agent} out of"
        " {eligible} eligible{how}",
        "how.picked": "picked by the agent",
        "how.together": "shared out for the best total score",
        "decision.candidate": "{place}. {agent}: {values}",
        "decision.preferred": "preferred {score}",
        "decision.idle": "idle {idle}",
        "availability.offline": "signed out",
        "availability.ready": "ready",
        "availability.not_ready": "not ready",
        "activity.idle": "idle",
        "activity.offered": "offered a contact",
        "activity.connecting": "connecting",
        "activity.engaged": "engaged",
        "activity.wrapping": "in wrap-up",
        "device.unknown": "unknown",
        "device.available": "available",
        "device.in_use": "in use",
        "device.ringing": "ringing",
        "device.unreachable": "unreachable",
        "device.invalid": "invalid",
        "obstacle.offline": "signed out",
        "obstacle.other_queue": "not serving the queue",
        "obstacle.skills": "without the skills",
        "obstacle.rank": "of a rank not asked for at this step",
        "obstacle.not_ready": "not ready",
        "obstacle.device": "device busy or unreachable",
        "obstacle.back_off": "in a pause after a failure",
        "obstacle.no_slot": "without a free slot",
        "obstacle.no_room": "without room beside other work",
        "obstacle.not_yet": "serving the queue only after a longer wait, or when more wait",
        "obstacle.line": "on no line that works",
        "obstacle.others_first": "behind preferred agents",
        "obstacle.excluded": "excluded: just missed, declined or not connected, in wrap-up after"
        " it, or by the host",
        "obstacle.kept_free": "kept free for other queues",
        "obstacle.other_rank": "of another rank than those it rings at",
        "withheld.offline": "the agent is signed out",
        "withheld.other_queue": "in queues the agent does not serve",
        "withheld.skills": "the agent lacks the skills",
        "withheld.rank": "the agent's rank is not asked for at this step",
        "withheld.not_ready": "the agent is not ready",
        "withheld.device": "the agent's device is busy or unreachable",
        "withheld.back_off": "the agent is in a pause after a failure",
        "withheld.no_slot": "the agent has no free slot",
        "withheld.no_room": "the agent's other work leaves no room",
        "withheld.not_yet": "the agent serves their queue only after a longer wait, or when more"
        " wait",
        "withheld.line": "the agent is on no line that works",
        "withheld.others_first": "preferred agents have them to themselves",
        "withheld.excluded": "the agent is excluded from them: just missed, declined or not"
        " connected, in wrap-up after them, or by the host",
        "withheld.kept_free": "the agent must stay free for other queues",
        "withheld.other_rank": "offered to agents of another rank",
        "nearest.other_queue": "the agent does not serve the queue",
        "nearest.not_yet": "the agent serves the queue only after a longer wait, or when more wait",
        "nearest.others_first": "preferred agents have it to themselves",
        "nearest.excluded": "the agent is excluded from it: just missed, declined or not"
        " connected, in wrap-up after it, or by the host",
        "nearest.other_rank": "it is offered to agents of another rank",
    },
    "es": {
        "agent": "agente",
        "agents": "agentes",
        "contact": "contacto",
        "contacts": "contactos",
        "waiting contact": "contacto en espera",
        "waiting contacts": "contactos en espera",
        "span.s": "{seconds} s",
        "span.min": "{minutes} min",
        "span.h": "{hours} h",
        "nothing": "ninguno",
        "or": " o ",
        "not": "sin {what}",
        "phase.scheduled": "programado",
        "phase.waiting": "en espera",
        "phase.offered": "ofrecido",
        "phase.connecting": "conectándose",
        "phase.engaged": "en conversación",
        "phase.held": "en retención",
        "phase.suspended": "suspendido",
        "phase.closed": "cerrado",
        "contact.head": "el contacto {contact} está {phase} en {queue}, desde hace {age}",
        "contact.ahead": ", con {ahead} por delante",
        "contact.first": ", primero de la cola",
        "contact.with": "con {agent}",
        "contact.offered": "ofrecido a {agent} (posibles: {eligible}), libre desde hace"
        " {idle}{score}; vence en {until}",
        "contact.score": ", puntuación {score}",
        "contact.needs": "requisitos: {needs}; pasos cumplidos: {steps}",
        "contact.ranks": "de agentes de rango {low} a {high}",
        "contact.ranks_from": "de agentes de rango {low} o más",
        "contact.step": "el paso {step} se cumple en {due}",
        "contact.scheduled": "espera su hora, dentro de {due}",
        "contact.suspended": "fuera del reparto durante {due} más como máximo",
        "contact.eliminated": "{why}: {agents}",
        "contact.nearest": "quien más se acerca es {agent}: {obstacles}",
        "contact.lacks": "le falta {skill} {asked} (tiene {held})",
        "contact.passes": "se resuelve solo en {due}",
        "agent.head": "el agente {agent} está {availability}, {activity}, dispositivo {device}",
        "agent.open": "disponible en: {channels}",
        "agent.closed": "disponible en: ningún canal",
        "agent.back_off": "en pausa tras un fallo, {due} más",
        "agent.next": "tomaría {contact} a continuación si estuviera libre",
        "agent.withheld": "{contacts} fuera de su alcance: {why}",
        "queue.head": "la cola {queue} está {state}: {waiting} en espera, {length} en ella,"
        " agentes suyos conectados: {staff}, libres en total: {idle}",
        "queue.open": "abierta",
        "queue.shut": "cerrada",
        "queue.group": "{contacts}, requisitos: {needs}; el primero espera desde hace {age}; {why}",
        "queue.kept": "libres: {agents}, {why}",
        "queue.empty": "ningún agente conectado",
        "queue.change": "lo que más ayudaría: {change}; contactos que se podrían tomar: {contacts}",
        "change.lower": "pedir solo {skill} {level}",
        "change.drop": "dejar de pedir {skill}",
        "change.link": "asignar esta cola a {agents} de otras colas",
        "change.ready": "poner en disponible a {agents}",
        "decision.head": "evento {event}: contacto {contact}, con {ahead} por delante, a {agent}"
        " entre {eligible} posibles{how}",
        "how.picked": "elegido por el agente",
        "how.together": "repartido por la mejor puntuación total",
        "decision.candidate": "{place}. {agent}: {values}",
        "decision.preferred": "preferido {score}",
        "decision.idle": "libre desde hace {idle}",
        "availability.offline": "desconectado",
        "availability.ready": "disponible",
        "availability.not_ready": "no disponible",
        "activity.idle": "libre",
        "activity.offered": "con una oferta",
        "activity.connecting": "conectándose",
        "activity.engaged": "en conversación",
        "activity.wrapping": "en trabajo posterior",
        "device.unknown": "desconocido",
        "device.available": "libre",
        "device.in_use": "en uso",
        "device.ringing": "sonando",
        "device.unreachable": "inaccesible",
        "device.invalid": "inexistente",
        "obstacle.offline": "sin conectar",
        "obstacle.other_queue": "sin asignación a la cola",
        "obstacle.skills": "sin las habilidades",
        "obstacle.rank": "de un rango que no se pide en este paso",
        "obstacle.not_ready": "en no disponible",
        "obstacle.device": "con el dispositivo ocupado o inaccesible",
        "obstacle.back_off": "en pausa tras un fallo",
        "obstacle.no_slot": "sin plaza libre",
        "obstacle.no_room": "sin hueco por otro trabajo",
        "obstacle.not_yet": "con acceso a la cola solo tras más espera, o cuando esperan más",
        "obstacle.line": "sin línea que funcione",
        "obstacle.others_first": "por detrás de los agentes preferidos",
        "obstacle.excluded": "con exclusión: oferta perdida, rechazada o no conectada, trabajo"
        " posterior del mismo contacto, o por el anfitrión",
        "obstacle.kept_free": "en reserva para otras colas",
        "obstacle.other_rank": "de otro rango que aquellos a quienes suena",
        "withheld.offline": "el agente está desconectado",
        "withheld.other_queue": "en colas que el agente no atiende",
        "withheld.skills": "el agente no tiene las habilidades",
        "withheld.rank": "el rango del agente no se pide en este paso",
        "withheld.not_ready": "el agente no está disponible",
        "withheld.device": "el dispositivo del agente está ocupado o inaccesible",
        "withheld.back_off": "el agente está en pausa tras un fallo",
        "withheld.no_slot": "el agente no tiene plaza libre",
        "withheld.no_room": "el otro trabajo del agente no deja hueco",
        "withheld.not_yet": "el agente atiende su cola solo tras más espera, o cuando esperan más",
        "withheld.line": "el agente no tiene línea que funcione",
        "withheld.others_first": "los agentes preferidos tienen prioridad",
        "withheld.excluded": "el agente está excluido de ellos: oferta perdida, rechazada o no"
        " conectada, trabajo posterior del mismo contacto, o por el anfitrión",
        "withheld.kept_free": "el agente debe quedar libre para otras colas",
        "withheld.other_rank": "ofrecidos a agentes de otro rango",
        "nearest.other_queue": "el agente no atiende la cola",
        "nearest.not_yet": "el agente atiende la cola solo tras más espera, o cuando esperan más",
        "nearest.others_first": "los agentes preferidos tienen prioridad",
        "nearest.excluded": "el agente está excluido de él: oferta perdida, rechazada o no"
        " conectada, trabajo posterior del mismo contacto, o por el anfitrión",
        "nearest.other_rank": "se ofrece a agentes de otro rango",
    },
}


class Words:
    """Phrases of one language, filled in.

    >>> Words("es").count(2, "agent")
    '2 agentes'
    """

    def __init__(self, language: Language, more: Mapping[str, str] | None = None) -> None:
        """With ``more`` phrases of the language, if given."""
        if language not in PHRASES:
            known = ", ".join(PHRASES)
            raise ValueError(f"no language {language!r}: give {known}")
        self._phrases = {**PHRASES[language], **(more or {})}
        self._point = "," if language == "es" else "."

    def say(self, phrase: str, **values: object) -> str:
        """A phrase with values in it."""
        return self._phrases[phrase].format(**values)

    def word(self, kind: str, word: str) -> str:
        """A word of the engine."""
        return self._phrases[f"{kind}.{word}"]

    def count(self, number: int, what: str) -> str:
        """So many of something."""
        return f"{number} {self._phrases[what if number == 1 else what + 's']}"

    def obstacle(self, obstacle: str) -> str:
        """What keeps an agent from one contact."""
        of_one = self._phrases.get(f"nearest.{obstacle}")
        return self.word("withheld", obstacle) if of_one is None else of_one

    def stopped(self, phrase: str, counts: Mapping[str, int]) -> list[str]:
        """So many agents by what stops them, a phrase each."""
        return [
            self.say(phrase, agents=self.count(count, "agent"), why=self.word("obstacle", obstacle))
            for obstacle, count in counts.items()
        ]

    def seconds(self, seconds: float) -> str:
        """About how long something takes: tenths of seconds in the first minute, then whole
        ones."""
        if seconds < 59.95:
            return self.say("span.s", seconds=self.number(f"{seconds:.1f}"))
        return self.span(round(seconds))

    def span(self, seconds: float) -> str:
        """A length of time, exactly.

        >>> Words("es").span(5_445.5)
        '1 h 30 min 45,5 s'
        """
        minutes, rest = divmod(round(seconds, 6), 60)
        hours, minutes = divmod(minutes, 60)
        parts = [self.say("span.h", hours=f"{hours:.0f}")] if hours else []
        parts += [self.say("span.min", minutes=f"{minutes:.0f}")] if minutes else []
        if rest or not parts:
            parts.append(self.say("span.s", seconds=self.figure(rest)))
        return " ".join(parts)

    def figure(self, value: float) -> str:
        """A number, exactly: the engine keeps millionths."""
        return self.number(f"{value:.6f}".rstrip("0").rstrip("."))

    def number(self, written: str) -> str:
        """A number with the decimal point of the language."""
        return written.replace(".", self._point)
