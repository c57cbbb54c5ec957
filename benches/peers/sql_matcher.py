"""A matcher that asks a database for each decision, as FreeSWITCH's mod_callcenter does.

SQLite in memory, without a journal, prepared statements. Who waits is read in order of place and
joined with what the agent has; agents are read in order of idleness.
"""

import sqlite3

from benches.traces.matching import NOBODY, Trace

TABLES = """
CREATE TABLE held (agent INTEGER, skill INTEGER, level INTEGER, PRIMARY KEY (agent, skill))
  WITHOUT ROWID;
CREATE TABLE asked (requirement INTEGER, skill INTEGER, level INTEGER,
  PRIMARY KEY (requirement, skill)) WITHOUT ROWID;
CREATE TABLE idle (spell INTEGER PRIMARY KEY, agent INTEGER);
CREATE TABLE waiting (place INTEGER PRIMARY KEY, contact INTEGER, requirement INTEGER);
"""
AGENT = """
DELETE FROM idle WHERE spell = (
  SELECT spell FROM idle WHERE NOT EXISTS (
    SELECT 1 FROM asked LEFT JOIN held
    ON held.agent = idle.agent AND held.skill = asked.skill AND held.level >= asked.level
    WHERE asked.requirement = ?1 AND held.agent IS NULL)
  ORDER BY spell LIMIT 1)
RETURNING agent
"""
CONTACT = """
DELETE FROM waiting WHERE place = (
  SELECT place FROM waiting WHERE NOT EXISTS (
    SELECT 1 FROM asked LEFT JOIN held
    ON held.agent = ?1 AND held.skill = asked.skill AND held.level >= asked.level
    WHERE asked.requirement = waiting.requirement AND held.agent IS NULL)
  ORDER BY place LIMIT 1)
RETURNING contact
"""


class SqlMatcher:
    """Tables of idle agents and of who waits; a decision is a statement."""

    def __init__(self, trace: Trace) -> None:
        database = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        database.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {TABLES}")
        database.execute("BEGIN")
        held = enumerate(trace.proficiency)
        database.executemany(
            "INSERT INTO held VALUES (?, ?, ?)",
            ((agent, *level) for agent, levels in held for level in levels.items()),
        )
        asked = enumerate(trace.requirements)
        database.executemany(
            "INSERT INTO asked VALUES (?, ?, ?)",
            ((number, *level) for number, levels in asked for level in levels),
        )
        places = trace.places.tolist()
        wanted = trace.subjects.tolist()
        run = database.execute

        def arrive(contact: int, requirement: int) -> int:
            found = run(AGENT, (requirement,)).fetchone()
            if found is not None:
                return found[0]
            row = (places[contact], contact, requirement)
            run("INSERT INTO waiting VALUES (?, ?, ?)", row)
            return NOBODY

        def free(agent: int) -> int:
            found = run(CONTACT, (agent,)).fetchone()
            if found is not None:
                return found[0]
            run("INSERT INTO idle(agent) VALUES (?)", (agent,))
            return NOBODY

        def cancel(contact: int) -> int:
            gone = run("DELETE FROM waiting WHERE place = ?", (places[contact],))
            return gone.rowcount

        def restart() -> None:
            run("DELETE FROM idle")
            run("DELETE FROM waiting")

        def set_scene() -> None:
            idle = ((agent,) for agent in trace.idle.tolist())
            database.executemany("INSERT INTO idle(agent) VALUES (?)", idle)
            waiting = ((places[row], row, wanted[row]) for row in trace.waiting.tolist())
            database.executemany("INSERT INTO waiting VALUES (?, ?, ?)", waiting)

        self.arrive, self.free, self.cancel = arrive, free, cancel
        self.restart, self.set_scene = restart, set_scene
