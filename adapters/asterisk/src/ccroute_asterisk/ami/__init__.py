"""Asterisk's manager interface: what it says (codec), what is said to it (messages), who asked
what (session), and the one socket (link).

On top of that mode ``observe``: what the events of app_queue mean stands in `translate` and
`members`, how the queue_log goes with them in `observer` and `history`; `adapter` is the link that
the host knows.
"""
