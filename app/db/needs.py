"""The PostgreSQL settings that Cairn needs; Cairn sets them itself wherever it may.

A default server compiles statements that run once and avoids indexes that suit solid-state disks:
the demo measured six times as long to load on one. So `cairn migrate` gives settings to the
application's role, which reach the API, the worker and the queue through any pooler. Migrations
set theirs themselves. `cairn doctor` names any setting still missing.
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
"""Settings of the application's role. Anyone who may alter the role may set them."""

OF_THE_SERVER: Mapping[str, str] = MappingProxyType(
    {"log_min_error_statement": "panic", "log_error_verbosity": "terse"}
)
"""Settings that only a superuser may set. They keep people's words, in statements and in the
values of broken keys, out of the server's log.
"""
