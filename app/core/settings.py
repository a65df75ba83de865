"""Every setting, read once from `CAIRN_*` environment variables (listed in docs/settings.md)."""

from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The whole configuration of one process; secrets never show in a repr."""

    model_config = SettingsConfigDict(
        env_prefix="CAIRN_", extra="ignore", frozen=True, validate_default=True
    )

    database_url: SecretStr = SecretStr("")
    """PostgreSQL as the application's role, which owns nothing: `postgresql://...`."""
    migration_database_url: SecretStr = SecretStr("")
    """PostgreSQL as the owner of the tables; only migrations use it."""
    database_pool: int = 8
    """Connections of one process; 8 was best on two cores."""
    database_pool_wait: float = 3.0
    """Seconds a request waits for a connection before it is answered 503."""
    statement_cache: int = 256
    """Prepared statements kept per connection; 0 behind a pooler that cannot keep them."""

    base_url: str = "http://127.0.0.1:8000"
    """Where clients reach this server; issuer of tokens and base of links."""
    front_url: str = ""
    """Where people sign in, for links in messages; empty means `base_url`."""
    keys_dir: Path = Path("var/keys")
    """Folder of token-signing keys (0700), outside the database."""
    storage_url: str = "file://./var/attachments"
    """Object store for attachments: `file:///folder` or `s3://bucket/prefix?endpoint=...`."""
    mail_url: str = "file://./var/mail"
    """Mail route: `smtp://`, `smtp+starttls://`, `smtps://` or a `file://` folder of .eml files."""
    mail_from: str = "cairn@localhost"
    """Sender of every message."""

    access_token_minutes: int = 15
    """How long an access token lasts."""
    session_hours: int = 12
    """A sign-in ends after this long whatever is refreshed."""
    refresh_token_hours: int = 12
    """A refresh token has to be used within this time, and never beyond its session."""
    password_workers: int = 2
    """Password hashes computed at the same time; about the number of cores."""
    password_cost: Literal["full", "test"] = "full"  # noqa: S105 - the name of a cost
    """`test` hashes cheaply; accepted only together with `unsafe_database`, by tests."""
    lockout_after: int = 5
    """Wrong passwords in a row before an account has to wait, twice as long each time."""
    lockout_max_seconds: int = 900
    """The longest an address has to wait after wrong passwords."""

    max_body_bytes: int = 1_000_000
    """The largest JSON or form body that is read."""
    max_attachment_bytes: int = 25_000_000
    """The largest file that is kept with a concern."""
    max_roster_bytes: int = 500_000_000
    """The largest roster file that is taken."""
    command_seconds: float = 20.0
    """After this a slow command's caller is answered 503; the command itself is not cancelled."""

    cors_origins: tuple[str, ...] = ()
    """Origins whose pages may call this server, as a JSON list."""
    show_docs: bool = True
    """Whether `/docs` and `/openapi.json` answer."""
    show_metrics: bool = True
    """Whether `/metrics` answers; keep it off a public address."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important line that is logged."""
    unsafe_database: bool = False
    """Accept a database without fsync (tests only)."""

    @field_validator("storage_url", "mail_url")
    @classmethod
    def _absolute_folder(cls, value: str) -> str:
        if not value.startswith("file://./"):
            return value
        return Path(value.removeprefix("file://")).absolute().as_uri()

    @field_validator("base_url", "front_url")
    @classmethod
    def _no_trailing_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @cached_property
    def links_url(self) -> str:
        """The beginning of every link in a message."""
        return self.front_url or self.base_url

    @cached_property
    def audience(self) -> str:
        """The audience of access tokens."""
        return f"{self.base_url}/v1"
