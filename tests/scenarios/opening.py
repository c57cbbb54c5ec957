"""Calendars by hand, and when they open and close a queue."""

from datetime import UTC, datetime

from ccroute import Calendar, Plan, QueuePlan, openings

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def plan_of(**calendar):
    return Plan(
        queues={"desk": QueuePlan(hours="hours")}, calendars={"hours": Calendar(**calendar)}
    )


def changes(since, until, **calendar):
    """(UTC, open) from one day to another."""
    found = openings(plan_of(**calendar), since=utc(since), until=utc(until))
    return [(datetime.fromtimestamp(at, UTC).strftime("%d %H:%M"), it.open) for at, it in found]
