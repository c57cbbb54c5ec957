"""What AMI says, captured or made up, and what an observer makes of it."""

import gzip
from collections.abc import Iterable

from adapters.asterisk.tests.far_ends import CAPTURES

from ccroute import Event
from ccroute.replay import Workload, workload
from ccroute_asterisk.ami.codec import AmiDecoder, Packet
from ccroute_asterisk.ami.observer import WANTED, Observer
from ccroute_asterisk.queue_log import Line, QueueLogDecoder


def packets(name: str) -> list[Packet]:
    with gzip.open(CAPTURES / f"{name}.ami.gz") as file:
        return AmiDecoder(WANTED, banner=False).receive_data(file.read())


def lines(name: str) -> list[Line]:
    decoder = QueueLogDecoder()
    found = decoder.receive_data((CAPTURES / f"{name}.queue_log").read_bytes())
    return [it for it in found if isinstance(it, Line)]


def heard(observer: Observer, told: Iterable[Packet]) -> None:
    for packet in told:
        observer.hear(packet, 0.0)


def say(observer: Observer, name: str, at: float, **fields: object) -> None:
    """An event as no capture has it."""
    lines = [f"Event: {name}", f"Timestamp: {at:.6f}"]
    lines += [f"{key}: {value}" for key, value in fields.items()]
    observer.hear(Packet(name, "\r\n".join(lines).encode()), 0.0)


def observed(name: str) -> list[Event]:
    """The events of a capture, from AMI alone."""
    observer = Observer("pbx")
    observer.up(0.0)
    heard(observer, packets(name))
    observer.advance(observer.now + 60)
    return observer.drain()


def visits(events: Iterable[Event]) -> Workload:
    return workload(tuple(events))
