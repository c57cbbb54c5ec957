"""Findings as they are noted down, one after the other."""

import attrs

from ccroute.adapters import Finding, Secret
from ccroute_asterisk.ari.release import OLDEST, release_of

MAINTAINED = 20
"""The oldest Asterisk that still gets repairs."""
SKEW = 5.0
"""Seconds by which clocks may differ before it is worth a word."""


@attrs.define
class Notes:
    """The findings so far. ``secrets``: kept out of all of them."""

    secrets: tuple[Secret, ...]
    findings: list[Finding] = attrs.Factory(list)

    def _note(self, state: str, check: str, found: str, remedy: str = "") -> None:
        for secret in self.secrets:
            found, remedy = secret.hide_in(found), secret.hide_in(remedy)
        self.findings.append(Finding(check=check, state=state, found=found, remedy=remedy))

    def fine(self, check: str, found: str) -> None:
        """It is as it should be."""
        self._note("ok", check, found)

    def warn(self, check: str, found: str, remedy: str) -> None:
        """It works, and should be otherwise."""
        self._note("warning", check, found, remedy)

    def wrong(self, check: str, found: str, remedy: str) -> None:
        """It cannot work so."""
        self._note("wrong", check, found, remedy)

    def unseen(self, check: str, found: str, remedy: str) -> None:
        """It could not be looked at."""
        self._note("unknown", check, found, remedy)

    # -- What both ways look at -----------------------------------------------------------

    def version(self, version: str) -> bool:
        """The release; whether it is worth while to look further."""
        release = release_of(version)
        if release is None:
            self.unseen("version", f"{version!r} is no version", f"use Asterisk {OLDEST} or later")
        elif release[0] < OLDEST:
            self.wrong(
                "version", f"Asterisk {version} is too old", f"install Asterisk {OLDEST} or later"
            )
            return False
        elif release[0] < MAINTAINED:
            self.warn(
                "version", f"Asterisk {version} gets no repairs any more",
                "plan for a release that does",
            )  # fmt: skip
        else:
            self.fine("version", f"Asterisk {version}")
        return True

    def clock(self, ahead: float) -> None:
        """By how many seconds its clock is ahead of ours."""
        if abs(ahead) <= SKEW:
            self.fine("clock", f"{ahead:+.1f} s beside ours")
        else:
            self.warn(
                "clock", f"{ahead:+.0f} s beside ours",
                "let both machines set their clocks by NTP: times in logs will not match",
            )  # fmt: skip

    def modules(self, missing: list[str], count: int) -> None:
        """The modules that are needed and do not run."""
        if missing:
            names = ", ".join(missing)
            self.wrong(
                "modules", f"not running: {names}",
                "take their `noload` out of modules.conf, or `load` them, and restart",
            )  # fmt: skip
        else:
            self.fine("modules", f"all {count} that are needed run")
