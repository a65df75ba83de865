"""The grants of the token endpoint: how each proves who asks, by `grant_type`."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from app.api.grants import client_credentials, passkey, password, refresh, token_exchange
from app.api.runtime import Runtime
from app.api.schemas.sessions import EXCHANGE_GRANT, PASSKEY_GRANT, TokenIn

GRANTS: Final[Mapping[str, Callable[[Runtime, Request, TokenIn], Awaitable[Response]]]] = {
    "password": password.grant,
    "refresh_token": refresh.grant,
    PASSKEY_GRANT: passkey.grant,
    "client_credentials": client_credentials.grant,
    EXCHANGE_GRANT: token_exchange.grant,
}
