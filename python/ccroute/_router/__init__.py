"""The object users hold, and what it is made of: the commands by what they are about; and its
engine on a virtual clock."""

from ccroute._router._router import Router
from ccroute._router._simulation import Simulated, simulate

__all__ = ["Router", "Simulated", "simulate"]
