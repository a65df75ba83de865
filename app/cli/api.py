"""Cairn's own API as a command uses it: `CAIRN_URL` and a service key in `CAIRN_KEY`."""

from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.cli.failures import CommandFailed
from app.integrations.service_client import Answer, Content, Credentials, ServiceClient

PAGE: Final = 200


class ApiSettings(BaseSettings):
    """Where the API is, and who asks. Nothing of it is ever an argument, which others can read."""

    model_config = SettingsConfigDict(env_prefix="CAIRN_", extra="ignore", frozen=True)

    url: str = ""
    key: SecretStr = SecretStr("")
    """`id:secret` of a service key."""


class CairnApi:
    """The API of one school, by its service key."""

    def __init__(self, settings: ApiSettings, scope: str) -> None:
        self._base = settings.url.rstrip("/")
        credentials = credentials_of(
            settings.key, "CAIRN_KEY", f"{self._base}/v1/auth/token", scope
        )
        self._client = ServiceClient(credentials)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def get(self, path: str) -> Answer:
        """Read. Raises `ServiceRefused`, `ServiceUnreachable`."""
        return self._client.request("GET", self._base + path)

    def post(
        self, path: str, *, headers: Mapping[str, str | bytes], content: Content | None = None
    ) -> Answer:
        """Change something; the headers bring the Idempotency-Key. Raises as `get`."""
        return self._client.request("POST", self._base + path, headers=headers, content=content)

    def download(self, path: str, target: BinaryIO, tell: Callable[[int], None]) -> None:
        """Write the rest of a file behind what `target` has of it. Raises as `get`."""
        self._client.download(self._base + path, target, tell)

    def pages(self, path: str) -> Iterator[dict[str, Any]]:
        """Every item of a list. Raises as `get`."""
        after = ""
        while True:
            page = self.get(f"{path}?limit={PAGE}{after}").body
            yield from page["items"]
            if not page.get("next"):
                return
            after = f"&cursor={page['next']}"


def api_here(scope: str) -> CairnApi | None:
    """The API that the environment names; None where it names none. Raises `CommandFailed`."""
    settings = ApiSettings()
    if settings.url and settings.key.get_secret_value():
        return CairnApi(settings, scope)
    if settings.url or settings.key.get_secret_value():
        lacking = "CAIRN_KEY" if settings.url else "CAIRN_URL"
        raise CommandFailed(f"{lacking} is not set: set CAIRN_URL and CAIRN_KEY, or neither.")
    return None


def credentials_of(key: SecretStr, name: str, token_url: str, scope: str) -> Credentials:
    """A key of the environment, `id:secret`, taken apart. Raises `CommandFailed`."""
    client_id, colon, secret = key.get_secret_value().partition(":")
    if not (client_id and colon and secret):
        raise CommandFailed(f"{name} is not of the form id:secret.")
    return Credentials(token_url, client_id, SecretStr(secret).get_secret_value, scope)
