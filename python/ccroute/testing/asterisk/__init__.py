"""An Asterisk that is none, for tests of whatever speaks ARI or AMI.

Needs the extra ``ccroute[testing]``; `ccroute.testing` itself does not import this.
"""

from ccroute.testing.asterisk._ami import AmiSession, AmiUser
from ccroute.testing.asterisk._driver import AsteriskDriver
from ccroute.testing.asterisk._objects import Phone, Request
from ccroute.testing.asterisk._observed import ObservedAsteriskDriver
from ccroute.testing.asterisk._requests import Faults
from ccroute.testing.asterisk._rest import Blocked
from ccroute.testing.asterisk._server import SimulatedAsterisk
from ccroute.testing.asterisk._wire import Wire

__all__ = [
    "AmiSession",
    "AmiUser",
    "AsteriskDriver",
    "Blocked",
    "Faults",
    "ObservedAsteriskDriver",
    "Phone",
    "Request",
    "SimulatedAsterisk",
    "Wire",
]
