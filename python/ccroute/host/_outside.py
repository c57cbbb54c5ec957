"""Addresses out of the house: which a tenant lets be dialled, and how often."""

from collections import deque
from collections.abc import Callable

from ccroute._errors import Rejected
from ccroute.host._settings import TenantSettings


class Outside:
    """The one way from what somebody said to something to dial. ``instant``: the time now."""

    def __init__(self, settings: TenantSettings, instant: Callable[[], float]) -> None:
        self._settings = settings
        self._instant = instant
        self._dialled: deque[float] = deque()

    def allows(self, address: str) -> bool:
        """Whether the tenant's destinations let it be dialled, at some time."""
        try:
            self._settings.destination(address)
        except Rejected:
            return False
        return self._settings.transfers_per_minute > 0

    def full_for(self) -> float:
        """Seconds until one more may be dialled; the cap is not 0."""
        most = self._settings.transfers_per_minute
        if len(self._dialled) < most:
            return 0.0
        return max(0.0, self._dialled[-most] + 60.0 - self._instant())

    def dial(self, address: str) -> str:
        """The address, if the tenant lets it be dialled, now; counts it.

        Raises:
            Rejected: ``destination_refused``, ``too_many_transfers``.
        """
        allowed = self._settings.destination(address)
        now, most = self._instant(), self._settings.transfers_per_minute
        while self._dialled and self._dialled[0] <= now - 60.0:
            self._dialled.popleft()
        if len(self._dialled) >= most:
            raise Rejected(
                "too_many_transfers",
                f"{len(self._dialled)} transfers outside in the last minute, at most {most}: "
                "wait, or raise `transfers_per_minute`",
            )
        self._dialled.append(now)
        return allowed
