"""What the tests of the export share: a centre with something of everything, and Prometheus'
messages as the protobuf library knows them.
"""

from collections.abc import Callable, Sequence
from types import SimpleNamespace

import numpy as np
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from ccroute import KpiAggregator

# io/prometheus/client/metrics.proto of prometheus/client_model, as far as we write it:
# message -> (field, number, type, repeated). A capital letter begins the name of a message.
CLIENT_MODEL = {
    "LabelPair": [("name", 1, "string", False), ("value", 2, "string", False)],
    "Gauge": [("value", 1, "double", False)],
    "Counter": [("value", 1, "double", False)],
    "Bucket": [("cumulative_count", 1, "uint64", False), ("upper_bound", 2, "double", False)],
    "BucketSpan": [("offset", 1, "sint32", False), ("length", 2, "uint32", False)],
    "Histogram": [
        ("sample_count", 1, "uint64", False),
        ("sample_sum", 2, "double", False),
        ("bucket", 3, "Bucket", True),
        ("schema", 5, "sint32", False),
        ("zero_threshold", 6, "double", False),
        ("zero_count", 7, "uint64", False),
        ("positive_span", 12, "BucketSpan", True),
        ("positive_delta", 13, "sint64", True),
    ],
    "Metric": [
        ("label", 1, "LabelPair", True),
        ("gauge", 2, "Gauge", False),
        ("counter", 3, "Counter", False),
        ("histogram", 7, "Histogram", False),
    ],
    "MetricFamily": [
        ("name", 1, "string", False),
        ("help", 2, "string", False),
        ("type", 3, "int32", False),  # an enumeration, which looks the same
        ("metric", 4, "Metric", True),
        ("unit", 5, "string", False),
    ],
}


@pytest.fixture(scope="session")
def client_model() -> SimpleNamespace:
    file = descriptor_pb2.FileDescriptorProto(
        name="metrics.proto", package="io.prometheus.client", syntax="proto2"
    )
    kinds = descriptor_pb2.FieldDescriptorProto
    for name, fields in CLIENT_MODEL.items():
        message = file.message_type.add(name=name)
        for field, number, kind, repeated in fields:
            label = kinds.LABEL_REPEATED if repeated else kinds.LABEL_OPTIONAL
            added = message.field.add(name=field, number=number, label=label)
            if kind[0].isupper():
                added.type = kinds.TYPE_MESSAGE
                added.type_name = f".io.prometheus.client.{kind}"
            else:
                added.type = getattr(kinds, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = {
        name: message_factory.GetMessageClass(
            pool.FindMessageTypeByName(f"io.prometheus.client.{name}")
        )
        for name in CLIENT_MODEL
    }
    return SimpleNamespace(**found)


def post_visits(
    counting: KpiAggregator,
    waits: Sequence[float],
    *,
    queue: str = "billing",
    courses: Sequence[int] | None = None,
    first: int = 1,
    revision: int = 1,
) -> None:
    """Visits with these waits in seconds and a minute of talk, answered unless said otherwise
    (1: abandoned); their contacts are numbered from ``first``."""
    rows = len(waits)
    course = np.array(courses or [0] * rows, dtype=np.uint8)
    contacts = [f"call-{number}" for number in range(first, first + rows)]
    columns = {
        "contact": counting.contacts(contacts),
        "entered_us": np.full(rows, 1_700_000_000_000_000, dtype=np.int64),
        "wait_us": np.array([round(wait * 1e6) for wait in waits], dtype=np.int64),
        "talk_us": np.where(course == 0, 60_000_000, 0).astype(np.int64),
        "course": course,
        "revision": np.full(rows, revision, dtype=np.uint32),
        "queue": np.zeros(rows, dtype=np.int32),
        "agent": np.where(course == 0, 0, -1).astype(np.int32),
    }
    counting.post_visits(columns, names=[("queue", [queue]), ("agent", ["ana"])])


@pytest.fixture(scope="session")
def post() -> Callable[..., None]:
    return post_visits


@pytest.fixture(scope="session")
def posted() -> Callable[..., KpiAggregator]:
    """A new aggregator of what :func:`post_visits` is given."""

    def counted(waits: Sequence[float], **more: object) -> KpiAggregator:
        counting = KpiAggregator()
        post_visits(counting, waits, **more)
        return counting

    return counted


@pytest.fixture
def centre() -> KpiAggregator:
    """Two queues, an agent at work, one at lunch, one caller waiting, all of it by hand.

    billing: answered after 0 and 12.5 s, abandoned after 7.25 s, timed out after 33 s;
    sales: one waits since 400 s.
    """
    counting = KpiAggregator()
    counting.fold("agent_signed_in", 0.0, agent="ana")
    counting.fold("agent_ready", 0.0, agent="ana")
    counting.fold("agent_signed_in", 0.0, agent="ben")
    counting.fold("agent_not_ready", 0.0, agent="ben", reason="lunch")
    for number, wait in enumerate([0.0, 12.5]):
        at = 100.0 * (number + 1)
        call = f"answered-{number}"
        counting.fold("contact_queued", at, call, queue="billing")
        counting.fold("offer_made", at, call, queue="billing", agent="ana", number=number + 1)
        counting.fold(
            "offer_accepted", at + wait, call, queue="billing", agent="ana", number=number + 1
        )
        counting.fold("contact_connected", at + wait, call, queue="billing", agent="ana")
        counting.fold(
            "contact_released", at + 60.5, call, queue="billing", agent="ana", cause="customer"
        )
        counting.fold("wrap_up_started", at + 60.5, call, queue="billing", agent="ana")
        counting.fold("wrap_up_ended", at + 70.0, call, queue="billing", agent="ana", cause="agent")
    counting.fold("contact_queued", 300.0, "abandoned", queue="billing")
    counting.fold("contact_queued", 300.0, "timed-out", queue="billing")
    counting.fold("contact_abandoned", 307.25, "abandoned", queue="billing")
    counting.fold("contact_left", 333.0, "timed-out", queue="billing", cause="timed_out")
    counting.fold("contact_refused", 340.0, "refused", queue="billing", cause="full")
    counting.fold("contact_abandoned", 341.0, "nobody", queue="billing")
    counting.fold("contact_queued", 400.0, "waiting", queue="sales", channel="chat")
    return counting
