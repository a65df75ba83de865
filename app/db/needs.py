"""What Cairn needs of a PostgreSQL server, set by Cairn itself wherever it may.

A server as it is installed compiles statements that are run once and avoids indexes that suit
solid-state disks: measured, the demo took six times as long to load on one. So `cairn migrate`
gives the application's role its settings, which reach the API, the worker and the queue through
any pooler, and migrations set theirs themselves. `cairn doctor` names what is left.
"""

from collections.abc import Mapping
from types import MappingProxyType

PLANNING: Mapping[str, str] = MappingProxyType(
    {
        "jit": "off",  # the statements are short: compiling one takes longer than running it
        "plan_cache_mode": "auto",
        "random_page_cost": "1.1",  # with 4 the hottest list took fifty times as long
        "timezone": "UTC",
    }
)
LIMITS: Mapping[str, str] = MappingProxyType(
    {
        "statement_timeout": "15s",
        "lock_timeout": "2s",
        "idle_in_transaction_session_timeout": "30s",
        "client_connection_check_interval": "2s",
    }
)
OF_THE_ROLE: Mapping[str, str] = MappingProxyType({**PLANNING, **LIMITS})
"""What the application's role is given; anybody who may alter the role may set each."""

OF_THE_SERVER: Mapping[str, str] = MappingProxyType(
    {"log_min_error_statement": "panic", "log_error_verbosity": "terse"}
)
"""What only a superuser may set: it keeps what people wrote, in statements and in the values of
broken keys, out of the server's log."""
