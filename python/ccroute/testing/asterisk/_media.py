"""Playbacks, recordings and snooping channels of the simulated Asterisk."""

import itertools
from collections.abc import Sequence

from ccroute.testing.asterisk._dialling import Refused
from ccroute.testing.asterisk._objects import Bridge, Channel, Playback, Recording
from ccroute.testing.asterisk._switch import Switch

SOUND_LASTS = 1.0
"""Seconds that a sound plays, where nobody says otherwise."""
_SCHEMES = ("sound:", "recording:", "number:", "digits:", "characters:", "tone:")


class Media:
    """What is played, recorded and listened to.

    ``lengths``: seconds by medium (``sound:welcome``); ``missing``: media that are not there;
    ``folder``: whether the folder of recordings is.
    """

    def __init__(self, switch: Switch) -> None:
        self.switch = switch
        self.lengths: dict[str, float] = {}
        self.missing: set[str] = set()
        self.folder = True
        self.stored: set[str] = set()
        self.playbacks: dict[str, Playback] = {}
        self.recordings: dict[str, Recording] = {}
        self._snoops = itertools.count()

    # -- Playbacks ----------------------------------------------------------------------

    def play(
        self, media: str, playback: str | None, *, channel: Channel | None, bridge: Bridge | None
    ) -> Playback:
        """Plays one after the other to a channel, or at once to a bridge. While something is
        played to a channel, all other requests about it wait."""
        target = f"channel:{channel.id}" if channel is not None else ""
        target = f"bridge:{bridge.id}" if bridge is not None else target
        items = media.split(",")
        made = Playback(
            playback or self.switch.new_id(), items[0], target,
            seconds=sum(self.lengths.get(it, SOUND_LASTS) for it in items),
            fails=any(it in self.missing or not it.startswith(_SCHEMES) for it in items),
        )  # fmt: skip
        self.playbacks[made.id] = made
        if channel is not None:
            channel.playbacks.append(made)
            if len(channel.playbacks) > 1:
                return made
        self.switch.later(0.0, lambda: self._start(made, channel, bridge))
        return made

    def _start(self, it: Playback, channel: Channel | None, bridge: Bridge | None) -> None:
        if channel is not None and it not in channel.playbacks:
            return
        it.state = "playing"
        self.switch.say_media("PlaybackStarted", "playback", it.shown(), channel, bridge)
        seconds = 0.0 if it.fails else it.seconds
        state = "failed" if it.fails else "done"
        self.switch.later(seconds, lambda: self._finish(it, state, channel, bridge))

    def _finish(
        self, it: Playback, state: str, channel: Channel | None, bridge: Bridge | None
    ) -> None:
        if self.playbacks.pop(it.id, None) is not it or (channel is not None and channel.ended):
            return
        it.state = state
        self.switch.say_media("PlaybackFinished", "playback", it.shown(), channel, bridge)
        if channel is not None:
            channel.playbacks.remove(it)
            if channel.playbacks:
                self._start(channel.playbacks[0], channel, None)

    def stop(self, it: Playback) -> None:
        """Ends a playback before its time."""
        self._finish(it, "done", *self._at(it.target))

    def _at(self, target: str) -> tuple[Channel | None, Bridge | None]:
        """The channel or the bridge that is meant, while it is there."""
        kind, _, name = target.partition(":")
        if kind == "channel":
            return self.switch.channels.get(name), None
        return None, self.switch.bridges.get(name)

    # -- Recordings ---------------------------------------------------------------------

    def record(
        self, name: str, form: str, if_exists: str, *,
        channel: Channel | None, bridge: Bridge | None,
    ) -> Recording:  # fmt: skip
        """Records a bridge, or a channel that is in none.

        Raises:
            Refused: there is one of the name, no folder, or no such format.
        """
        if form not in {"wav", "wav16", "gsm", "ulaw", "alaw", "sln", "sln16", "g722"}:
            raise Refused(422, "specified format is unknown on this system")
        if ".." in name or not self.folder:
            raise Refused(500, "Internal Server Error")
        taken = name in self.stored and if_exists == "fail"
        if taken or name in self.recordings:
            raise Refused(409, f"Recording '{name}' already exists and can not be overwritten")
        target = f"bridge:{bridge.id}" if bridge is not None else ""
        target = f"channel:{channel.id}" if channel is not None else target
        made = Recording(name, form, target, self.switch.now)
        if channel is not None and channel.bridge is not None:
            made.state = "failed"
            shown = made.shown(cause="Cannot record channel while in bridge")
            self.switch.say_media("RecordingFailed", "recording", shown, channel, None)
            return made
        self.recordings[name] = made
        self.stored.add(name)
        self.switch.later(0.0, lambda: self._recording(made, channel, bridge))
        return made

    def _recording(self, it: Recording, channel: Channel | None, bridge: Bridge | None) -> None:
        it.state = "recording"
        self.switch.say_media("RecordingStarted", "recording", it.shown(), channel, bridge)

    def end(self, it: Recording) -> None:
        """Stops a recording."""
        if self.recordings.pop(it.name, None) is not it:
            return
        shown = it.shown("done", duration=int(self.switch.now - it.began))
        self.switch.say_media("RecordingFinished", "recording", shown, *self._at(it.target))

    def end_all(self, target: str) -> None:
        """Stops the recordings of a bridge that goes."""
        for it in list(self.recordings.values()):
            if it.target == target:
                self.end(it)

    def forget(self) -> None:
        """After a restart nothing plays or records; what was stored is kept."""
        self.playbacks.clear()
        self.recordings.clear()

    # -- Supervisors --------------------------------------------------------------------

    def snoop(self, channel: Channel, snoop: str | None, app: str, args: Sequence[str]) -> Channel:
        """A channel that hears another, in its own right in the application.

        Raises:
            Refused: the id is taken.
        """
        if snoop is not None and snoop in self.switch.channels:
            raise Refused(500, "Snoop channel could not be created")
        made = Channel(
            id=snoop or self.switch.new_id(), name=f"Snoop/{channel.id}-{next(self._snoops):08x}",
            created=self.switch.clock(), kind="snoop", state="Up", spied=channel,
        )  # fmt: skip
        self.switch.channels[made.id] = made
        self.switch.later(0.0, lambda: self.switch.enter_stasis(made, app, args))
        return made
