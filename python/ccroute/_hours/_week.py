"""When a calendar is open, as instants: weeks, holidays and special days by the clock on the wall
of a zone, whatever that clock skips or shows twice."""

import math
from collections.abc import Container, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ccroute._errors import ConfigError
from ccroute._extras import of_extra
from ccroute._plan import Calendar

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
END = 253_370_764_800.0
"""The year 9999: calendars end before it."""
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_LAST_DAY = date(9998, 12, 31)


class Hours:
    """When a calendar is open, as instants."""

    def __init__(self, name: str, calendar: Calendar) -> None:
        self._calendar = calendar
        try:
            self._zone = ZoneInfo(calendar.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ConfigError(
                f"calendars.{name}.zone: no time zone {calendar.zone!r}; give an IANA name such "
                "as 'America/Bogota' (on systems without a zone database install tzdata)"
            ) from None
        self._special = {date.fromisoformat(day): it for day, it in calendar.special.items()}
        if self._special and max(self._special) > _LAST_DAY:
            raise ConfigError(
                f"calendars.{name}.special: {max(self._special)} is too late; give days to the "
                "year 9998"
            )
        self._holidays = _holidays(name, calendar.holidays)

    def changes(self, since: float, until: float | None) -> Iterator[tuple[float, bool]]:
        """When it opens and closes, from an instant on; adjoining spans are one.

        One that is open at ``since`` opens then. Looks no further than ``until``.
        """
        closes: float | None = None
        for start, end in self._spans(since):
            if until is not None and start > until:
                break
            if closes is None or start > closes:
                if closes is not None:
                    yield closes, False
                yield max(start, since), True
            closes = end
        if closes is not None and closes < math.inf:
            yield closes, False

    def _spans(self, since: float) -> Iterator[tuple[float, float]]:
        """What ends after an instant, in order."""
        first = datetime.fromtimestamp(since, self._zone).date() - _DAY
        for day in self._days(first):
            for interval in self._intervals(day):
                begin, end = interval.split("-")
                span = self._instant(day, begin, fold=0), self._end(day, end)
                if span[0] < span[1] > since:
                    yield span
        if self._never_closes:
            last = max([first, *self._special])
            yield self._instant(last, "24:00", fold=0), math.inf

    @property
    def _never_closes(self) -> bool:
        """Whether no day but special ones is closed for a moment."""
        weekly = self._calendar.weekly
        return self._holidays is None and all(_is_whole(weekly.get(day, ())) for day in DAYS)

    def _days(self, first: date) -> Iterator[date]:
        """Days on which it may be open: every day, or without a week the special ones; up to the
        last special one where it never closes afterwards."""
        if not any(self._calendar.weekly.values()):
            yield from sorted(day for day in self._special if day >= first)
            return
        last = max([first, *self._special]) if self._never_closes else date.max - 2 * _DAY
        day = first
        while day <= last:
            yield day
            day += _DAY

    def _intervals(self, day: date) -> tuple[str, ...]:
        if day in self._special:
            return self._special[day]
        if self._holidays is not None and day in self._holidays:
            return ()
        return self._calendar.weekly.get(DAYS[day.weekday()], ())

    def _end(self, day: date, wall: str) -> float:
        """The instant at which an interval ends: the last at which the clock shows the time, or
        the first where it shows the minute before only once, which is the last that is in."""
        last, first = (self._instant(day, wall, fold=fold) for fold in (1, 0))
        before = _shown(day, wall) - _MINUTE
        if before.replace(tzinfo=self._zone).utcoffset() != (
            before.replace(tzinfo=self._zone, fold=1).utcoffset()
        ):
            return last
        return first

    def _instant(self, day: date, wall: str, *, fold: int) -> float:
        """The instant at which the clock on the wall shows a time."""
        shown = _shown(day, wall).replace(tzinfo=self._zone, fold=fold)
        instant = shown.timestamp()
        if datetime.fromtimestamp(instant, self._zone).replace(tzinfo=None) == shown.replace(
            tzinfo=None
        ):
            return instant
        return self._skip(shown)

    def _skip(self, shown: datetime) -> float:
        """Where the clock goes on that skips a time."""
        early, late = sorted(int(shown.replace(fold=fold).timestamp()) for fold in (0, 1))
        before = self._offset(early)
        while late - early > 1:
            middle = (early + late) // 2
            early, late = (middle, late) if self._offset(middle) == before else (early, middle)
        return float(late)

    def _offset(self, instant: int) -> timedelta | None:
        return datetime.fromtimestamp(instant, UTC).astimezone(self._zone).utcoffset()


def _shown(day: date, wall: str) -> datetime:
    """What the clock on the wall shows, of no zone."""
    hour, minute = map(int, wall.split(":"))
    if hour == 24:
        day, hour = day + _DAY, 0
    return datetime.combine(day, time(hour, minute))


def _is_whole(intervals: tuple[str, ...]) -> bool:
    """Whether a day is open from its first to its last minute."""
    bounds = "-".join(intervals).split("-")
    return (bounds[0], bounds[-1]) == ("00:00", "24:00") and bounds[1:-1:2] == bounds[2::2]


def _holidays(name: str, place: str | None) -> Container[date] | None:
    """The public holidays of a country or region."""
    if place is None:
        return None
    known = of_extra("holidays", extra="hours", purpose=f"calendars.{name}.holidays")
    country, dash, region = place.partition("-")
    try:
        # The package takes an empty region for none.
        found: Container[date] = known.country_holidays(country, subdiv=(region or dash) or None)
        return found
    except NotImplementedError:
        raise ConfigError(
            f"calendars.{name}.holidays: no holidays are known for {place!r}; give an ISO "
            "3166 country, or country and region, such as 'CO' or 'ES-MD'"
        ) from None
