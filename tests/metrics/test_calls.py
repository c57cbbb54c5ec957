"""Call-detail tables: what a row says, and what is said of one that cannot be read."""

from pathlib import Path

import pytest

from ccroute import ConfigError, KpiAggregator, Rejected
from ccroute.metrics import CALL_COLUMNS, Calls, Metrics, read_calls

HEAD = "contact,queue,entered,outcome,wait,talk,agent"
ANSWERED = "c1,billing,2026-03-01T08:00:00-05:00,answered,12.5,1:05,ana"
ABANDONED = "c2,billing,1772370000,Abandoned,0:07,,"


def read(*lines: str, head: str = HEAD, **settings: object) -> Calls:
    return read_calls([head, *lines], **settings)  # type: ignore[arg-type]


def counted(calls: Calls, **settings: object) -> Metrics:
    aggregator = KpiAggregator(**settings)  # type: ignore[arg-type]
    assert calls.post(aggregator)["counted"] == len(calls)
    return Metrics(aggregator)


def test_a_row_is_a_visit() -> None:
    metrics = counted(read(ANSWERED, ABANDONED))
    visits = {visit.contact: visit for visit in metrics.visits(1_772_000_000, 1_773_000_000)}
    answered, abandoned = visits["c1"], visits["c2"]
    assert answered.entered.isoformat() == "2026-03-01T13:00:00+00:00"
    assert (answered.outcome, answered.wait, answered.parts[0].talk) == ("answered", 12.5, 65.0)
    assert answered.labels == {"queue": "billing", "channel": "voice"}
    assert answered.parts[0].agent == "ana"
    assert (abandoned.outcome, abandoned.wait, abandoned.parts) == ("abandoned", 7.0, ())


def test_every_column_is_read() -> None:
    head = ",".join(CALL_COLUMNS)
    row = {
        "queue": "q",
        "entered": "900",
        "outcome": "answered",
        "wait": "1",
        "contact": "c",
        "visit": "2",
        "revision": "3",
        "talk": "10",
        "hold": "20",
        "holds": "2",
        "wrap_up": "30",
        "first_response": "4",
        "ended_by": "agent",
        "agent": "ana",
        "channel": "chat",
        "direction": "inbound",
        "client": "acme",
        "campaign": "may",
        "tenant": "north",
        "customer": "4711",
    }
    metrics = counted(read(",".join(row[name] for name in CALL_COLUMNS), head=head))
    (visit,) = metrics.visits(0.0, 2000.0)
    assert (visit.visit, visit.revision, visit.customer != 0) == (2, 3, True)
    assert visit.labels == {
        name: row[name]
        for name in ("queue", "channel", "direction", "client", "campaign", "tenant")
    }
    (part,) = visit.parts
    assert (part.talk, part.hold, part.holds, part.wrap_up) == (10.0, 20.0, 2, 30.0)
    table = metrics.report(
        by=[], kpis=["agent.hung_up_first", "first_response", "unique.customers"]
    )
    assert [value.value for _, value in table.row(0)] == [1.0, 4.0, 1.0]


def test_the_table_may_call_its_columns_otherwise() -> None:
    calls = read(
        "ventas;2026-03-01 08:00;timed_out;30;norte;x",
        head="Cola;Inicio;Fin;Espera;Sede;Otra",
        columns={"queue": "Cola", "entered": "inicio", "outcome": "Fin", "wait": "Espera"},
        dimensions=["sede"],
        zone="America/Bogota",
    )
    assert calls.unused == ("Otra",)
    row = counted(calls, dimensions=["sede"]).report(by=["queue", "sede"], kpis=["left.timed_out"])
    assert row["ventas", "norte"]["left.timed_out"].value == 1
    with pytest.raises(Rejected, match="sede"):
        calls.post(KpiAggregator())


def test_the_same_table_again_changes_nothing() -> None:
    aggregator = KpiAggregator()
    read(ANSWERED, ABANDONED).post(aggregator)
    assert read(ANSWERED, ABANDONED).post(aggregator)["duplicate"] == 2
    assert Metrics(aggregator).report(kpis=["offered"])["billing"]["offered"].value == 2


def test_a_long_table_may_be_in_any_order() -> None:
    rows = [f"c{n},billing,{n * 3600},abandoned,5,," for n in range(24 * 7)]
    assert read(*reversed(rows)).post(KpiAggregator())["counted"] == len(rows)


def test_a_contact_that_comes_back_is_another_visit() -> None:
    later = ABANDONED.replace("c2", "c1").replace("1772370000", "1772373600")
    row = counted(read(ANSWERED, later)).report(kpis=["offered", "offered.contacts"])["billing"]
    assert (row["offered"].value, row["offered.contacts"].value) == (2, 1)


def test_a_greater_revision_stands() -> None:
    head = f"{HEAD},visit,revision"
    calls = read(f"{ANSWERED},1,1", "c1,billing,900,void,,,,1,2", head=head)
    aggregator = KpiAggregator(retention=1e9)
    fates = calls.post(aggregator)
    assert fates["counted"] + fates["superseded"] == 2
    assert len(Metrics(aggregator).report(kpis=["answered"])) == 0


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("c1,,900,answered,1,1,ana", r"line 2: queue '': name the queue"),
        ("c1,q,1.3.2026,answered,1,1,ana", r"line 2: entered '1.3.2026': no instant: ISO 8601"),
        ("c1,q,2026-03-01T08:00,answered,1,1,ana", r"entered '2026-03-01T08:00': names no offset"),
        ("c1,q,1772370000000,answered,1,1,ana", r"milliseconds must be made seconds"),
        ("c1,q,-0.5,answered,1,1,ana", r"entered '-0.5': before 1970, where nothing is counted"),
        ("c1,q,1969-12-31T23:59:59Z,answered,1,1,ana", r"before 1970"),
        ("c1,q,0001-01-01T00:00+14:00,answered,1,1,ana", r"absurdly far: from 1900 to 2200"),
        ("c1,q,-1e300,answered,1,1,ana", r"entered '-1e300': no instant"),
        ("c1,q,900,lost,1,1,ana", r"outcome 'lost': one of answered, abandoned"),
        ("c1,q,900,answered,-1,1,ana", r"wait '-1': negative"),
        ("c1,q,900,answered,,1,ana", r"wait '': give seconds"),
        ("c1,q,900,answered,1e3,1,ana", r"wait '1e3': no duration: seconds, as 12.5, or h:mm:ss"),
        ("c1,q,900,answered,3000000,1,ana", r"wait '3000000': longer than 31 days"),
        ("c1,q,900,answered,nan,1,ana", r"wait 'nan': no duration"),
        ('c1,q,900,answered,"1,5",1,ana', r"wait '1,5': a comma is no decimal point"),
        ("c1,q,900,answered,1,1,", r"agent '': answered by nobody"),
        ("c1,q,900,abandoned,1,9,", r"talk '9': without an answer"),
        ("c1,q,900,answered,1", r"line 2: 5 values under 7 names"),
    ],
)
def test_what_cannot_be_read_is_named(row: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as raised:
        read(row)
    assert raised.value.line == 2
    calls = read(row, ABANDONED, skip_faults=True)
    assert (len(calls), calls.rows, [fault.line for fault in calls.faults]) == (1, 2, [2])
    assert calls.post(KpiAggregator())["counted"] == 1


def test_a_count_of_holds_that_nothing_counts_is_named() -> None:
    head = "queue,entered,outcome,wait,agent,holds,revision"
    calls = read(
        "q,900,answered,1,ana,10001,1",
        "q,900,answered,1,ana,10000,1",
        "q,900,answered,1,ana,0,0",
        "q,900,answered,1,ana,0," + "9" * 5000,
        head=head,
        skip_faults=True,
    )
    assert [fault.words[:25] for fault in calls.faults] == [
        "holds '10001': no whole n",
        "revision '0': no whole nu",
        "revision '999999999999999",
    ]
    assert calls.faults[0].reason == "no whole number from 0 to 10000"
    assert calls.post(KpiAggregator())["counted"] == 1


def test_an_hour_that_the_clock_skips_is_named() -> None:
    said = (
        "2026-03-29T02:30:00 is no time of Europe/Berlin: its clock skips that hour; take "
        "2026-03-29T01:30:00+01:00 or 2026-03-29T03:30:00+02:00"
    )
    rows = [f"c{n},q,2026-03-29T0{n}:30,abandoned,1,," for n in (1, 2, 3)]
    calls = read(*rows, zone="Europe/Berlin", skip_faults=True)
    assert [(fault.line, fault.reason) for fault in calls.faults] == [(3, said)]
    assert calls.contacts == ("c1", "c3")
    assert len(read("c2,q,2026-03-29T02:30+01:00,abandoned,1,,", zone="Europe/Berlin")) == 1


def test_an_hour_that_the_clock_shows_twice_is_its_first() -> None:
    row = "c1,q,2026-10-25T02:30,abandoned,1,,"
    entered = read(row, zone="Europe/Berlin").columns["entered_us"][0]
    assert entered == read(row.replace("30,", "30+02:00,")).columns["entered_us"][0]


def test_a_row_that_is_no_csv_is_named_and_the_rest_is_read() -> None:
    rows = ("c1,q,900,abandoned,1,,", "c2," + "q" * 200_000 + ",900,abandoned,1,,", ABANDONED)
    with pytest.raises(ConfigError, match=r"line 3: no CSV \(field larger than field limit"):
        read(*rows)
    calls = read(*rows, skip_faults=True)
    assert (len(calls), calls.rows, [fault.line for fault in calls.faults]) == (2, 3, [3])


@pytest.mark.parametrize("stray", ['"acme', 'ac"me"', '"ac"me'])
def test_a_stray_quote_costs_its_own_line_only(stray: str) -> None:
    rows = [f"q,{900 + place},abandoned,5,acme" for place in range(20)]
    rows[10] = f"q,950,abandoned,5,{stray}"
    rows[15] = 'q,960,abandoned,5,"quoted, well"'
    head = "queue,entered,outcome,wait,client"
    calls = read_calls([head, *rows], skip_faults=True)
    assert (len(calls), calls.rows) == (19, 20) if stray != 'ac"me"' else (20, 20)
    assert [fault.line for fault in calls.faults] == ([12] if stray != 'ac"me"' else [])
    assert all("quote" in fault.words or "no CSV" in fault.words for fault in calls.faults)


@pytest.mark.parametrize("column", range(7))
def test_half_a_character_is_named(column: int) -> None:
    words = ABANDONED.split(",")
    words[column] += "caf\udce9"
    (fault,) = read(",".join(words), skip_faults=True).faults
    assert fault.column == HEAD.split(",")[column]
    assert fault.reason.startswith(r"'\udce9' is half a character (a lone surrogate): read the")
    with pytest.raises(ConfigError, match=r"line 1: .* is half a character"):
        read(ABANDONED, head=HEAD + ",\ud800")


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("", "no line of names"),
        ("queue,entered,wait", "no column 'outcome' among 'queue', 'entered', 'wait'"),
        (f"{HEAD},Queue", "column 'queue' stands twice"),
    ],
)
def test_the_line_of_names_is_checked(head: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read(head=head)


def test_what_is_asked_of_the_table_is_checked() -> None:
    with pytest.raises(ConfigError, match="no column 'cola' of ours"):
        read(columns={"cola": "Cola"})
    with pytest.raises(ConfigError, match="dimension 'agent' is there already"):
        read(dimensions=["agent"])
    with pytest.raises(ConfigError, match="at most four"):
        read(dimensions=list("abcde"))
    with pytest.raises(ConfigError, match="no zone 'Mars'"):
        read(zone="Mars")
    with pytest.raises(ConfigError, match=r"source '\\udce9' holds half a character"):
        read(source="\udce9")


def test_a_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text(f"{HEAD}\nc1,q,900,lost,1,1,ana\n", encoding="utf-8-sig")
    with pytest.raises(ConfigError, match=r"calls\.csv:2: outcome 'lost'"):
        read_calls(path)
    path.write_bytes(HEAD.encode() + b"\nc1,caf\xe9,900,abandoned,1,,\n")
    with pytest.raises(ConfigError, match="byte 0xe9 is not utf-8-sig: name the encoding"):
        read_calls(path)
    assert read_calls(path, encoding="latin-1").names[0] == ("queue", ("café",))
    (fault,) = read_calls(path, skip_faults=True).faults
    assert (fault.line, fault.column) == (2, "queue")
    with pytest.raises(ConfigError, match=r"no encoding 'klingon': one of Python's"):
        read_calls(path, encoding="klingon")
    path.write_bytes("queue,entered,outcome,wait,Población\n".encode("cp1252"))
    with pytest.raises(ConfigError, match=r"calls\.csv:1: byte 0xf3 is not utf-8-sig"):
        read_calls(path)
    with pytest.raises(FileNotFoundError):
        read_calls(tmp_path / "none.csv")


def test_an_empty_table_counts_nothing() -> None:
    calls = read()
    assert (len(calls), calls.ended) == (0, None)
    assert sum(calls.post(KpiAggregator()).values()) == 0
