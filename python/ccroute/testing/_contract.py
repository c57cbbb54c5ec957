"""The contract as a test class: fifty assertions, by area."""

from ccroute.testing._on_calls import OnCalls
from ccroute.testing._on_endings import OnEndings
from ccroute.testing._on_hostile import OnHostile
from ccroute.testing._on_links import OnLinks
from ccroute.testing._on_opening import OnOpening
from ccroute.testing._on_pressure import OnPressure
from ccroute.testing._on_webhooks import OnWebhooks


class AdapterContract(OnOpening, OnCalls, OnEndings, OnLinks, OnPressure, OnHostile, OnWebhooks):
    """What every adapter is held to: subclass it in your tests.

    ::

        class TestAcme(AdapterContract):
            module = "ccroute_acme"

            def make_platform(self, time):
                return AcmeDriver(time)

            def make_adapter(self, config):
                return acme("pbx", config)

    An assertion whose capability is not declared is skipped, and says so. One that is
    declared and cannot be tried fails. With ``pytest_plugins =
    ["ccroute.testing.pytest_plugin"]`` in the ``conftest.py``, pytest closes with the level
    that was reached; `try_contract` tells it without pytest.
    """
