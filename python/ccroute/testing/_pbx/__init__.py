"""A made-up PBX behind a real socket: exchange (calls and phones), commands, server, driver.

Its protocol is made up too: one JSON object a line, both ways. See `SimulatedPbx`.
"""

from ccroute.testing._pbx._driver import SimulatedPbx

__all__ = ["SimulatedPbx"]
