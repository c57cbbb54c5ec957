"""Asterisk for ccroute: control by ARI, and a queue_log read as ccroute's events."""

from ccroute_asterisk.factory import asterisk
from ccroute_asterisk.queue_log import Line, QueueLogDecoder
from ccroute_asterisk.reader import read_queue_log
from ccroute_asterisk.translate import translate

__all__ = ["Line", "QueueLogDecoder", "asterisk", "read_queue_log", "translate"]
