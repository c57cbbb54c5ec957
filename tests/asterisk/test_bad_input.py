"""Whatever is said to the simulated Asterisk, it answers as a server does and never breaks."""

import asyncio
import json
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccroute.testing import ManualTime, settle
from ccroute.testing.asterisk import AmiSession, Blocked, SimulatedAsterisk

WORDS = st.one_of(
    st.sampled_from(["ann", "leg", "hold", "none", "ccroute", "Local/101@agents", "PJSIP/x", ""]),
    st.text(max_size=8),
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), WORDS)
VALUES = st.recursive(
    SCALARS, lambda it: st.lists(it, max_size=2) | st.dictionaries(WORDS, it, max_size=2)
)
KEYS = st.sampled_from(
    ["channel", "endpoint", "app", "appArgs", "channelId", "type", "name", "format", "media",
     "timeout", "variables", "variable", "value", "eventSource", "allowed", "reason",
     "reason_code", "deviceState", "spy", "context", "extension", "bridgeId", "mohClass"]
)  # fmt: skip
PATHS = st.lists(
    st.one_of(
        st.sampled_from(
            ["channels", "bridges", "applications", "ann", "hold", "leg", "create", "dial", "play",
             "addChannel", "removeChannel", "moh", "record", "snoop", "variable", "continue",
             "eventFilter", "subscription", "deviceStates", "recordings", "live", "stop", "x"]
        ),
        WORDS,
    ),
    min_size=1,
    max_size=4,
)  # fmt: skip
METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE"])


def pbx_with_calls():
    pbx = SimulatedAsterisk(ManualTime(), phones=["Local/101@agents"])

    class Deaf:
        def send(self, event):
            json.dumps(event)

    pbx.switch.listen("ccroute", Deaf())
    pbx.call(channel="ann", answered=True)
    pbx.switch.make_bridge("hold", holding=True, name="hold")
    return pbx


def in_a_loop(scene):
    async def played():
        scene()

    asyncio.run(played())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(asked=st.lists(st.tuples(METHODS, PATHS, st.dictionaries(KEYS, VALUES, max_size=4))))
def test_any_request_has_an_answer(asked):
    def scene():
        pbx = pbx_with_calls()
        for method, path, body in asked:
            try:
                reply = pbx.rest.answer(method, path, body, reader=False)
            except Blocked:
                continue
            assert 200 <= reply.status < 600
            json.dumps(reply.document)
            pbx.switch.advance(pbx.switch.now + 1.0)

    in_a_loop(scene)


LINES = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(
                ["Action", "ActionID", "Queue", "Interface", "Penalty", "Filter", "Operation",
                 "MatchCriteria", "Paused", "Channel", "Cause", "EventMask", "Username", "Secret"]
            ),
            st.one_of(
                st.sampled_from(
                    ["Login", "QueueAdd", "QueueStatus", "QueuePause", "Filter", "Hangup", "Events",
                     "Ping", "Challenge", "GetConfig", "Add", "sales", "ann", "(", "swordfish"]
                ),
                st.text(max_size=8),
            ),
        ).map(lambda it: f"{it[0]}: {it[1]}".encode()),
        st.binary(max_size=12),
    ),
    max_size=8,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(blocks=st.lists(LINES, max_size=6), cut=st.integers(1, 40))
def test_any_bytes_leave_the_manager_well(blocks, cut):
    def scene():
        pbx = pbx_with_calls()
        sent = bytearray()
        session = AmiSession(pbx.ami, sent.extend)
        session.receive_data(b"Action: Login\r\nUsername: ccroute\r\nSecret: swordfish\r\n\r\n")
        said = b"".join(b"\r\n".join(lines) + b"\r\n\r\n" for lines in blocks)
        for at in range(0, len(said), cut):
            session.receive_data(said[at : at + cut])
            pbx.switch.advance(pbx.switch.now + 0.1)
        del sent[:]
        if session.open:
            session.receive_data(b"\r\n\r\nAction: Ping\r\nActionID: last\r\n\r\n")
            assert b"ActionID: last" in sent

    in_a_loop(scene)


def test_bytes_that_are_no_http_are_refused_or_cut():
    async def scene():
        pbx = SimulatedAsterisk(ManualTime())
        await pbx.start()
        sound = b"GET /ari/asterisk/ping?api_key=ccroute:swordfish HTTP/1.1\r\nHost: x\r\n\r\n"
        nul = f"GET /ari/channels/{quote(chr(0))} HTTP/1.1\r\n\r\n".encode()
        for data in (b"hello\r\n\r\n", b"\xff\xfe" * 100, b"GET / HTTP/9\r\n\r\n",
                     b"POST /ari/channels HTTP/1.1\r\nContent-Length: x\r\n\r\n",
                     nul, sound):  # fmt: skip
            reader, writer = await asyncio.open_connection("127.0.0.1", pbx.wire.port)
            writer.write(data)
            await settle()
            writer.write_eof()
            answer = await reader.read(200)
            assert b" 200 " in answer if data is sound else b" 200 " not in answer
            writer.close()
        await pbx.stop()

    asyncio.run(scene())
