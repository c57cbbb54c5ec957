"""An Asterisk that is none, for tests of whatever speaks ARI or AMI.

Needs the extra ``ccroute[testing]``; `ccroute.testing` itself does not import this.
"""

from ccroute.testing.asterisk._ami import AmiUser
from ccroute.testing.asterisk._asgi import Faults
from ccroute.testing.asterisk._driver import AsteriskDriver
from ccroute.testing.asterisk._objects import Phone, Request
from ccroute.testing.asterisk._observed import ObservedAsteriskDriver
from ccroute.testing.asterisk._server import SimulatedAsterisk
from ccroute.testing.asterisk._wire import Wire

__all__ = [
    "AmiUser",
    "AsteriskDriver",
    "Faults",
    "ObservedAsteriskDriver",
    "Phone",
    "Request",
    "SimulatedAsterisk",
    "Wire",
]
