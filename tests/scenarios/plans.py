"""Plans as text, one of them with every key there is, and the schema of plans."""

import json
from pathlib import Path

from ccroute import Plan

ROOT = Path(__file__).parents[2]
# Lies beside the reader, in Rust, where a test holds it complete.
EVERY_KEY = (ROOT / "rust/ccroute-core/src/plan/tests/every_key.toml").read_text()
SCHEMA = json.loads(Plan.json_schema())
FULL_TOML = """
skills = ["es", "en", "billing", "trainee"]
channels = ["voice", "chat"]
retention = "1h"

[queues.billing]
strategy = "most_proficient"
requires = { all_of = { billing = 3 }, any_of = [{ en = 5, es = 5 }], none_of = { trainee = 1 } }
offer = { timeout = "12s", connect_within = 8, on_missed = "stay_ready", exclude_for = "45.5s" }
wrap_up = { mode = "timed", limit = "0.5m", extension = "1.5m" }
dispositions = ["sale", "no_sale"]
service_level = { within = "25s", short_abandon = "4s" }
escalation = [
    { after = "30s", drop = ["en"], lower = { es = 3 } },
    { after = "1m", drop = ["es"] },
]

[queues."after hours"]

[agents.ana]
skills = { es = 8, billing = 5 }
queues = ["after hours", "billing"]
capacity = { voice = 1, chat = 3 }
"""
