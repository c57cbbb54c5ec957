"""Opening hours: what a plan's calendars say of queues, and of time."""

from ccroute._hours._open_time import OpenTime
from ccroute._hours._openings import openings
from ccroute._hours._week import DAYS

__all__ = ["DAYS", "OpenTime", "openings"]
