"""Who is signed in: password with second factor, refresh, service keys."""

import asyncio
import base64
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import quote

import httpx

from cairn_client._problems import NoAnswer, Problem

Tokens: TypeAlias = Mapping[str, Any]
"""What the token endpoint answers: `access_token`, `expires_in` and for people `refresh_token`."""
Otp: TypeAlias = str | Callable[[], str] | Callable[[], Awaitable[str]]
ServiceKey: TypeAlias = tuple[str, str, str | None]
Ask: TypeAlias = Callable[[str, dict[str, str], tuple[str, str] | None], Awaitable[httpx.Response]]

EARLY = 30.0


def owner_of(token: str | None) -> str | None:
    """The account and the organisation a token is for; None: no token, or one without them."""
    try:
        claims = (token or "").split(".")[1]
        said = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        return f"{said['sub']}@{said['org']}"
    except (IndexError, KeyError, TypeError, ValueError):
        return None


class Session:
    """The tokens of one session. A refresh token works once, so only one refresh runs at a time."""

    def __init__(self, ask: Ask, changed: Callable[[Tokens | None], None]) -> None:
        self._ask, self._changed = ask, changed
        self.tokens: Tokens | None = None
        self._ends = 0.0
        self._key: ServiceKey | None = None
        self._renewing = asyncio.Lock()
        self._turn = 0
        """How often somebody signed in or out: what was asked for before is not taken after it."""

    @property
    def owner(self) -> str | None:
        """The account and the organisation the token is for; None: nobody."""
        return owner_of((self.tokens or {}).get("access_token"))

    async def sign_in(
        self,
        username: str,
        password: str,
        *,
        otp: Otp | None = None,
        organisation_id: str | None = None,
        role: str | None = None,
    ) -> Tokens:
        """Sign in. `otp` is a code, or a function that asks the person for one."""
        said = {"organisation_id": organisation_id, "role": role}
        form = {"grant_type": "password", "username": username, "password": password}
        form |= {name: value for name, value in said.items() if value is not None}
        if isinstance(otp, str):
            form["otp"] = otp
        try:
            tokens = await self._grant(form)
        except Problem as problem:
            if problem.code != "otp_needed" or otp is None or isinstance(otp, str):
                raise
            code = otp()
            form["otp"] = code if isinstance(code, str) else await code
            tokens = await self._grant(form)
        self._key = None
        return self.adopt(tokens)

    async def sign_in_with_key(self, id_: str, secret: str, scope: str | None = None) -> Tokens:
        """Sign in with a service key."""
        key = (id_, secret, scope)
        adopted = self.adopt(await self._grant_to(key))
        self._key = key
        return adopted

    def adopt(self, tokens: Tokens) -> Tokens:
        """Go on with tokens from elsewhere: kept ones, or those that another grant answered."""
        if owner_of(tokens["access_token"]) != self.owner:
            self.tokens = self._key = None  # they would renew the former person's token
        self._turn += 1
        kept = (self.tokens or {}).get("refresh_token")
        self.tokens = tokens if kept is None else {"refresh_token": kept, **tokens}
        self._ends = time.monotonic() + tokens["expires_in"]
        self._changed(self.tokens)
        return self.tokens

    async def sign_out(self) -> None:
        """End the session, here and on the server."""
        token = (self.tokens or {}).get("refresh_token")
        self._forget()
        if token is not None:
            await self._ask("/v1/auth/revoke", {"token": token}, None)

    async def token(self) -> str | None:
        """An access token that is good for a while yet; None: nobody is signed in."""
        if (good := self._good()) is not None:
            return good  # before the lock: nobody waits for the token of somebody else
        async with self._renewing:
            if (good := self._good()) is not None or self.tokens is None:
                return good
            used = str(self.tokens["access_token"])
            return await self._renewed() or used

    def _good(self) -> str | None:
        if self.tokens is None or time.monotonic() >= self._ends - EARLY:
            return None
        return str(self.tokens["access_token"])

    async def renew(self, used: str) -> str | None:
        """A token in the place of one that was refused; None: there is no way."""
        async with self._renewing:
            if self.tokens is not None and self.tokens["access_token"] != used:
                return str(self.tokens["access_token"])
            return await self._renewed()

    async def _renewed(self) -> str | None:
        token, turn = (self.tokens or {}).get("refresh_token"), self._turn
        if token is None and self._key is None:
            return None
        form = {"grant_type": "refresh_token", "refresh_token": str(token)}
        try:
            tokens = await (self._grant_to(self._key) if self._key else self._grant(form))
        except Problem as problem:
            if problem.status == 401 and turn == self._turn:
                self._forget()
            raise
        return str(self.adopt(tokens)["access_token"]) if turn == self._turn else None

    def _forget(self) -> None:
        self.tokens = self._key = None
        self._turn += 1
        self._changed(None)

    async def _grant_to(self, key: ServiceKey) -> Tokens:
        id_, secret, scope = key
        form = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
        return await self._grant(form, (quote(id_, safe=""), quote(secret, safe="")))

    async def _grant(self, form: dict[str, str], basic: tuple[str, str] | None = None) -> Tokens:
        try:
            answer = await self._ask("/v1/auth/token", form, basic)
        except httpx.TransportError as error:
            raise NoAnswer from error
        if not answer.is_success:
            raise Problem(answer)
        tokens: Tokens = answer.json()
        return tokens
