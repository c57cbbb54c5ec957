"""Events of AMI per second through the observe path, from a file: bytes in, measured events out.

The recording of a busy quarter of an hour on a real Asterisk 22, repeated with calls and times
of its own until there are 100,000 events, is written to a file and read from there in chunks of
64 KiB, cut into packets, folded, and given to the host's sink. Twice: what the server-side
filters let through; and the same drowned in what an Asterisk sends without them. Beside it, in
the same run, a parser that reads line by line into dictionaries, as most clients do, and folds
nothing.
"""

import gzip
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ccroute.adapters import BoundedSink, Measured
from ccroute_asterisk.ami.codec import AmiDecoder
from ccroute_asterisk.ami.elsewhere import ELSEWHERE
from ccroute_asterisk.ami.observer import WANTED, Observer

CAPTURE = Path(__file__).parents[2] / "adapters/asterisk/tests/captures/day.ami.gz"
EVENTS = 100_000
CHUNK = 1 << 16
ROUNDS = 5
FLOOD = 9  # to each event that is read so many that are not, as measured on Asterisk 22

NOISE = (
    b"Event: VarSet\r\nPrivilege: dialplan,all\r\nTimestamp: 1795369121.610000\r\n"
    b"SystemName: day\r\nChannel: Local/caller@phones-00000001;1\r\nChannelState: 6\r\n"
    b"ChannelStateDesc: Up\r\nCallerIDNum: 5550001\r\nCallerIDName: Caller 1\r\n"
    b"ConnectedLineNum: <unknown>\r\nConnectedLineName: <unknown>\r\nLanguage: en\r\n"
    b"AccountCode: \r\nContext: queues\r\nExten: sales\r\nPriority: 3\r\nUniqueid: x-1.1\r\n"
    b"Linkedid: x-1.1\r\nVariable: MEMBERINTERFACE\r\nValue: Local/203@agents/n\r\n\r\n"
)


def write(path: Path, noise: int) -> int:
    """A file of events; how many there are."""
    with gzip.open(CAPTURE) as file:
        once = file.read()
    packets = once.count(b"\r\n\r\n")
    if noise:
        once = once.replace(b"\r\n\r\n", b"\r\n\r\n" + NOISE * noise)
        packets *= noise + 1
    written = 0
    with path.open("wb") as file:
        while written < EVENTS:
            day = b"%03d" % (written // packets)
            # Other calls, a quarter of an hour later: no event is told twice.
            again = once.replace(b"lab-day-", b"day" + day + b"-").replace(b": day-", b": " + day)
            file.write(again.replace(b"Timestamp: 17953", b"Timestamp: 2" + day + b"3"))
            written += packets
    return written


def observe(path: Path) -> int:
    decoder, observer = AmiDecoder(WANTED, ELSEWHERE, banner=False), Observer("pbx")
    sink = BoundedSink(EVENTS)
    observer.up(0.0)
    told = 0
    with path.open("rb") as file:
        while data := file.read(CHUNK):
            for packet in decoder.receive_data(data):
                observer.hear(packet, 0.0)
            for event in observer.drain():
                sink.push(Measured(event=event, at=event.at))
            told += len(sink.take(EVENTS))
    return told


def cut(path: Path) -> int:
    """The codec alone: into packets, with the name of each."""
    decoder = AmiDecoder(banner=False)
    with path.open("rb") as file:
        return sum(len(decoder.receive_data(data)) for data in iter(lambda: file.read(CHUNK), b""))


def line_by_line(path: Path) -> int:
    found, packet = 0, dict[str, str]()
    with path.open("rb") as file:
        for raw in file:
            line = raw.decode(errors="replace").rstrip("\r\n")
            if line:
                key, _, value = line.partition(":")
                packet[key.strip()] = value.strip()
            elif packet:
                found, packet = found + 1, {}
    return found


def shortest_round(work: Callable[[Path], int], path: Path) -> tuple[float, int]:
    """Seconds of the shortest round, and what the work counted."""
    taken, counted = [], 0
    for _ in range(ROUNDS):
        began = time.perf_counter()
        counted = work(path)
        taken.append(time.perf_counter() - began)
    return min(taken), counted


def main() -> None:
    print("observe path of AMI, from a file; the shortest of", ROUNDS, "rounds")
    with tempfile.TemporaryDirectory() as folder:
        for name, noise in (("as the filters let through", 0), ("without filters", FLOOD)):
            path = Path(folder, "events")
            events = write(path, noise)
            ours, told = shortest_round(observe, path)
            codec, _ = shortest_round(cut, path)
            naive, _ = shortest_round(line_by_line, path)
            print(
                f"  {name}: {events / ours:,.0f} events/s "
                f"({events:,} events, {told:,} measured, {path.stat().st_size >> 20} MiB); "
                f"codec alone {events / codec:,.0f}; "
                f"line by line, unfolded, {events / naive:,.0f}: "
                f"ratio {naive / ours:.1f}, of the codec {naive / codec:.1f}"
            )


if __name__ == "__main__":
    main()
