"""Commands as objects: what a host may ask, one frozen class a command.

Same commands as ``rust/ccroute-core/src/command``; each field is an
argument of the method of :class:`ccroute.Router` that carries the command out. For hosts
that queue, log or replay what they ask; who asks at once calls the method.
"""

from ccroute._commands._agents import (
    Accept,
    ChangeAgent,
    Decline,
    EndWrapUp,
    ExtendWrapUp,
    NotReady,
    Pick,
    Ready,
    ReadyAll,
    SetDevice,
    SignIn,
    SignOut,
)
from ccroute._commands._centre import (
    Advance,
    ObserveKpi,
    Reconcile,
    SetLine,
    SetPlan,
    SetQueueOpen,
    SetScores,
)
from ccroute._commands._command import (
    Command,
)
from ccroute._commands._contacts import (
    Adopt,
    Cancel,
    Enqueue,
    Exclude,
    FailCallback,
    Press,
    Readmit,
    Reclassify,
    Reinstate,
    Reprioritise,
    RequestCallback,
    Suspend,
    Update,
)
from ccroute._commands._conversations import (
    Connected,
    Dispose,
    HandOver,
    Hold,
    Join,
    Leave,
    Release,
    Resume,
    Transfer,
)

__all__ = [
    "Accept",
    "Adopt",
    "Advance",
    "Cancel",
    "ChangeAgent",
    "Command",
    "Connected",
    "Decline",
    "Dispose",
    "EndWrapUp",
    "Enqueue",
    "Exclude",
    "ExtendWrapUp",
    "FailCallback",
    "HandOver",
    "Hold",
    "Join",
    "Leave",
    "NotReady",
    "ObserveKpi",
    "Pick",
    "Press",
    "Readmit",
    "Ready",
    "ReadyAll",
    "Reclassify",
    "Reconcile",
    "Reinstate",
    "Release",
    "Reprioritise",
    "RequestCallback",
    "Resume",
    "SetDevice",
    "SetLine",
    "SetPlan",
    "SetQueueOpen",
    "SetScores",
    "SignIn",
    "SignOut",
    "Suspend",
    "Transfer",
    "Update",
]
