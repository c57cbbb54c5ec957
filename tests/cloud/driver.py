"""Who plays the simulated cloud's customers, agents and accidents in the adapter contract."""

import hmac
from types import MappingProxyType

import attrs

from ccroute.adapters import HttpRequest
from ccroute.testing import CloudAdapter, Leg, PlatformDriver, SimulatedCloud, settle

KEY = "tops3cret-cloud-key"
CALLBACK = "https://centre.test/cloud"
SIGNATURE = "x-cloud-signature"


def settings_of(**changed):
    """Settings that work, looking often: a broken link must be noticed in ten seconds."""
    return {"url": "https://cloud.test", "callback": CALLBACK, "key": KEY, "poll": 5.0} | changed


class CloudDriver(PlatformDriver):
    secrets = (KEY,)
    cannot = MappingProxyType(
        {
            "fragment": "a request comes whole, whatever web framework takes it",
            "rename_contact": "the cloud gives a contact one id and keeps it",
        }
    )

    def __init__(self, time):
        self.cloud = SimulatedCloud(time, key=KEY)

    def adapter(self, config):
        return CloudAdapter("cloud", config, self.cloud.request)

    async def start(self):
        pass

    async def stop(self):
        await self.cloud.stop()

    def settings(self):
        return settings_of()

    def wrong_settings(self):
        return settings_of(key="guessed")

    def refused_settings(self):
        return settings_of(url="https://nobody.test")

    async def attach(self, adapter):
        self.cloud.deliver_to(adapter.handle_http)

    def addresses(self):
        return {"ana": "sip:201@phones.test", "bea": "sip:202@phones.test", "cid": "sip:203@x.test"}

    def outside(self):
        return "tel:+34910000000"

    # Customers and agents

    async def place_call(self, *, caller="+34600000001", dialled="900100"):
        return self.cloud.call(caller=caller, dialled=dialled)

    async def hang_up(self, call):
        self.cloud.leave(call)

    async def answer(self, address):
        self.cloud.answer(address)

    async def reject(self, address):
        self.cloud.reject(address)

    async def ignore(self, address):
        self.cloud.set_phone(address, "rings")

    async def busy(self, address):
        self.cloud.set_phone(address, "busy")

    async def unreachable(self, address):
        self.cloud.set_phone(address, "unreachable")

    async def hang_up_agent(self, address):
        self.cloud.hang_up(address)

    # The truth

    async def legs(self):
        found = []
        for call in self.cloud.calls():
            bridge = call.contact if call.bridge else None
            found.append(Leg(kind="customer", who=call.contact, bridge=bridge))
            found += [
                Leg(
                    kind="agent", who=leg.address, bridge=bridge if leg.state == "bridged" else None
                )
                for leg in call.legs.values()
            ]
        for contact, to in self.cloud.sent_away().items():
            found.append(Leg(kind="outside", who=to, bridge=contact))
        return found

    async def treatment(self, call):
        return next(it.treatment for it in self.cloud.calls() if it.contact == call)

    async def side_effects(self, instruction):
        return self.cloud.carried_out[instruction.id]

    async def attempts(self, instruction):
        return self.cloud.asked[instruction.id]

    async def links(self):
        return int(self.cloud.subscriber == CALLBACK)

    async def sign_ins(self):
        return self.cloud.sign_ins

    # Accidents

    async def drop_link(self):
        self.cloud.cut()

    async def half_open(self):
        self.cloud.fall_silent()

    async def restore_link(self):
        self.cloud.restore()

    async def stall_replies(self):
        self.cloud.stall()

    async def restart_platform(self):
        self.cloud.restart()

    async def steal_session(self):
        self.cloud.take_over()

    async def throttle(self, times, retry_after):
        self.cloud.throttle(times, retry_after)

    async def fail_creates(self, times):
        self.cloud.fail_creates(times)

    async def storm(self, events):
        (call,) = self.cloud.calls()
        known = len(self.cloud.requests)
        for number in range(events):
            self.cloud.update(call.contact, {"quality": number})
            if number % 1000 == 0:
                await settle(2)
        await settle()
        del self.cloud.requests[known:]

    async def inject_raw(self, data):
        await self.cloud.receiver(self.cloud.signed(data))

    def malformed(self):
        return {
            "not UTF-8": b'{"kind": "\xff\xfe"}',
            "a megabyte without an end": b'{"kind": "' + b"x" * 1_100_000,
            "a key twice": b'{"boot":1,"mark":1,"contact":"","seq":0,"kind":"a","kind":"b",'
            b'"at":1.0,"data":{}}',
            "line ends inside": b'{"kind": "a\r\nb"}',
            "cut short": b'{"boot":1,"mark":1,"cont',
            "no object": b"[]",
            "numbers that are none": b'{"boot":1,"mark":1,"contact":"x","seq":-1,"kind":"a",'
            b'"at":NaN,"data":{}}',
            "nested without end": b"[" * 100_000,
        }

    async def unknown_event(self):
        self.cloud.say("weather.changed")

    async def skew_clock(self, seconds):
        self.cloud.skew = seconds

    # Requests

    async def hold_requests(self):
        self.cloud.keep_requests()

    def requests(self):
        return self.cloud.requests

    def forge(self, request, how):
        match how:
            case "signature":
                return attrs.evolve(request, headers={SIGNATURE: "sha256=" + "0" * 64})
            case "body":
                return attrs.evolve(request, body=request.body.replace(b"contact", b"c0ntact"))
            case "algorithm":
                # Rightly computed: who may choose, may choose a broken one.
                signed = hmac.new(KEY.encode(), request.url.encode() + b"\n" + request.body, "sha1")
                return HttpRequest(
                    method="POST",
                    url=request.url,
                    headers={SIGNATURE: f"sha1={signed.hexdigest()}"},
                    body=request.body,
                )
            case _:
                return None
