"""The kit catches adapters that are careless about HTTP requests, on the simulated cloud."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from tests.cloud.driver import CloudDriver

from ccroute.adapters import (
    Adapter,
    Arrived,
    HttpRequest,
    HttpResponse,
    PlatformSnapshot,
    Setting,
    Signal,
    Sink,
    Time,
)
from ccroute.testing import AdapterContract, CloudAdapter, try_contract


class AnswersEverybody(CloudAdapter):
    """Hears no forged request, and does not say so."""

    async def handle_http(self, request: HttpRequest) -> HttpResponse:
        await super().handle_http(request)
        return HttpResponse(status=204)


class HearsReplays(CloudAdapter):
    heard: Mapping[bytes, Sequence[Signal]] = {}

    async def open(self, sink: Sink, time: Time) -> None:
        self.heard, self.told = {}, list[Signal]()
        told = self.told

        class Noting:
            def push(self, signal: Signal) -> bool:
                told.append(signal)
                return sink.push(signal)

            def resync(self, snapshot: PlatformSnapshot) -> None:
                sink.resync(snapshot)

        self.sink = sink
        await super().open(Noting(), time)

    async def handle_http(self, request: HttpRequest) -> HttpResponse:
        before = len(self.told)
        answer = await super().handle_http(request)
        if answer.status < 300:
            for signal in self.heard.get(request.body, ()):
                self.sink.push(signal)
            self.heard = {**self.heard, request.body: self.told[before:]}
        return answer


class NeedsArrivalsFirst(CloudAdapter):
    """An arrival that comes after its own later requests is lost."""

    requests = 0

    async def open(self, sink: Sink, time: Time) -> None:
        adapter = self

        class First:
            def push(self, signal: Signal) -> bool:
                late = isinstance(signal, Arrived) and adapter.requests > 1
                return late or sink.push(signal)

            def resync(self, snapshot: PlatformSnapshot) -> None:
                sink.resync(snapshot)

        await super().open(First(), time)

    async def handle_http(self, request: HttpRequest) -> HttpResponse:
        self.requests += 1
        return await super().handle_http(request)


class AsksAgainAtOnce(CloudAdapter):
    def __init__(self, link: str, config: Mapping[str, Setting], transport: Any) -> None:
        async def impatient(request: HttpRequest) -> HttpResponse:
            answer: HttpResponse = await transport(request)
            return await transport(request) if answer.status == 429 else answer

        super().__init__(link, config, impatient)


@pytest.mark.parametrize(
    ("caught", "broken"),
    [
        ({43}, AnswersEverybody),
        ({43, 44}, HearsReplays),
        ({44}, NeedsArrivalsFirst),
        ({45}, AsksAgainAtOnce),
    ],
)
def test_a_careless_adapter_is_caught(
    caught: set[int], broken: Callable[[str, Mapping[str, Setting], Any], Adapter]
) -> None:
    class Tried(AdapterContract):
        def make_platform(self, time: Time) -> CloudDriver:
            self.driver = CloudDriver(time)
            return self.driver

        def make_adapter(self, config: Mapping[str, Setting]) -> Adapter:
            return broken("cloud", config, self.driver.cloud.request)

    report = try_contract(Tried, [43, 44, 45])
    assert report.caught == caught, report.failed
