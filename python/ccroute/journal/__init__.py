"""What makes commands durable before they are carried out: the port, and the one in memory."""

from ccroute.journal._codec import entry_from_json, entry_to_json
from ccroute.journal._journal import Checkpoint, Entry, Fenced, Journal, Lease, Measure, Respond
from ccroute.journal._memory import MemoryJournal

__all__ = [
    "Checkpoint",
    "Entry",
    "Fenced",
    "Journal",
    "Lease",
    "Measure",
    "MemoryJournal",
    "Respond",
    "entry_from_json",
    "entry_to_json",
]
