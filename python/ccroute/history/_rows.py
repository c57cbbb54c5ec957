"""The columns of a contact record, and rows from what an aggregator says of a visit.

A row's key is (source, contact, visit). Of rows with one key the one of the greatest
revision stands, and of those the one of the latest batch; ``void`` says that there is none.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import pyarrow as pa

from ccroute._errors import ConfigError
from ccroute._wire import VisitRecord
from ccroute.metrics import RECORDS_VERSION

Row: TypeAlias = dict[str, object]
Key: TypeAlias = tuple[str, str, int]

VOID = "void"
"""The ``outcome`` of a row that takes back the one before."""
LABELS = ("queue", "channel", "direction", "client", "campaign", "tenant")
VERSION_KEY = b"ccroute.records"

PART = pa.struct(
    [
        ("agent", pa.string()),
        ("ended_us", pa.int64()),
        ("talk_us", pa.int64()),
        ("hold_us", pa.int64()),
        ("holds", pa.int32()),
        ("wrap_up_us", pa.int64()),  # -1: not over when it was written
    ]
)
SCHEMA = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("contact", pa.string(), nullable=False),
        pa.field("numbered", pa.bool_(), nullable=False),  # the source's own number, as text
        pa.field("visit", pa.uint32(), nullable=False),
        pa.field("revision", pa.uint32(), nullable=False),
        pa.field("batch", pa.uint64(), nullable=False),
        pa.field("entered_us", pa.int64(), nullable=False),
        pa.field("completed_us", pa.int64(), nullable=False),
        pa.field("outcome", pa.string(), nullable=False),
        pa.field("cause", pa.string(), nullable=False),
        pa.field("wait_us", pa.int64(), nullable=False),  # -1: none
        pa.field("customer", pa.uint64(), nullable=False),
        pa.field("offers", pa.uint32(), nullable=False),
        pa.field("missed", pa.uint32(), nullable=False),
        *(pa.field(label, pa.string()) for label in LABELS),
        pa.field("labels", pa.map_(pa.string(), pa.string())),  # dimensions of one's own
        pa.field("codes", pa.list_(pa.string())),
        pa.field("parts", pa.list_(PART)),
    ],
    metadata={VERSION_KEY: str(RECORDS_VERSION).encode()},
)


def key_of(row: Mapping[str, object]) -> Key:
    """By what a row is known, whichever run of the program wrote it."""
    source, contact, visit = row["source"], row["contact"], row["visit"]
    assert isinstance(source, str)
    assert isinstance(contact, str)
    assert isinstance(visit, int)
    return source, contact, visit


def row_of(record: VisitRecord, batch: int) -> Row:
    """What is written of a visit that is over."""
    labels = dict(record["labels"])
    contact = record["contact"]
    return {
        "source": record["source"],
        "contact": str(record["key"]) if contact is None else contact,
        "numbered": contact is None,
        "visit": record["visit"],
        "revision": record["revision"],
        "batch": batch,
        "entered_us": record["entered_us"],
        "completed_us": record["completed_us"],
        # One that is over and was never entered: a correction says that there was none.
        "outcome": VOID if record["outcome"] == "waiting" else record["outcome"],
        "cause": record["cause"],
        "wait_us": -1 if record["wait_us"] is None else record["wait_us"],
        "customer": record["customer"],
        "offers": record["offers"],
        "missed": record["missed"],
        **{label: labels.pop(label, None) for label in LABELS},
        "labels": sorted(labels.items()),
        "codes": list(record["codes"]),
        "parts": [dict(zip(PART.names, part, strict=True)) for part in record["parts"]],
    }


def record_of(row: Mapping[str, Any]) -> VisitRecord:
    """The record that a row was written of."""
    labels = [(label, row[label]) for label in LABELS if row[label] is not None]
    parts = [tuple(part[name] for name in PART.names) for part in row["parts"] or ()]
    return {
        "source": row["source"],
        "contact": None if row["numbered"] else row["contact"],
        "key": int(row["contact"]) if row["numbered"] else 0,
        "visit": row["visit"],
        "revision": row["revision"],
        "labels": [*labels, *(row["labels"] or ())],
        "customer": row["customer"],
        "entered_us": row["entered_us"],
        "completed_us": row["completed_us"],
        "outcome": row["outcome"],
        "cause": row["cause"],
        "wait_us": None if row["wait_us"] < 0 else row["wait_us"],
        "offers": row["offers"],
        "missed": row["missed"],
        "codes": list(row["codes"] or ()),
        "parts": parts,
    }


def same(one: Row, other: Row) -> bool:
    """Whether two rows say the same, whenever they were written."""
    return {**one, "batch": 0} == {**other, "batch": 0}


def table_of(rows: Sequence[Row]) -> pa.Table:
    """Rows as a table of :data:`SCHEMA`."""
    return pa.Table.from_pylist(list(rows), schema=SCHEMA)


def check_version(schema: pa.Schema, path: str) -> None:
    """Refuses what a later version wrote.

    Raises:
        ConfigError: It did, or the file holds no contact records.
    """
    told = (schema.metadata or {}).get(VERSION_KEY)
    if told is None:
        raise ConfigError("no contact records: leave other files out of the folder", path=path)
    if int(told) > RECORDS_VERSION:
        raise ConfigError(
            f"records of version {int(told)}, this ccroute reads up to {RECORDS_VERSION}: "
            "update it",
            path=path,
        )
