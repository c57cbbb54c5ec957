"""Explanations: the engine's data on why things are as they are, named, and in words.

The data come from the engine; this package names and prints them. It decides nothing.
"""

from ccroute._explain._agent import AgentExplanation
from ccroute._explain._contact import Chosen, ContactExplanation, Nearest
from ccroute._explain._decision import Candidate, DecisionExplanation
from ccroute._explain._needs import Needs
from ccroute._explain._phrases import Language, Words
from ccroute._explain._queue import QueueChange, QueueExplanation, WaitingGroup

__all__ = [
    "AgentExplanation",
    "Candidate",
    "Chosen",
    "ContactExplanation",
    "DecisionExplanation",
    "Language",
    "Nearest",
    "Needs",
    "QueueChange",
    "QueueExplanation",
    "WaitingGroup",
    "Words",
]
