"""Every setting, read once from `CAIRN_*` environment variables (listed in docs/settings.md)."""

from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LOCAL_NAMES = (".localhost", ".test")
"""Endings that no public name can have (RFC 6761)."""


def is_local(url: str) -> bool:
    """Whether only this machine, or a test, can be meant."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return f".{host}".endswith(LOCAL_NAMES)


class Settings(BaseSettings):
    """The whole configuration of one process; secrets never show in a repr."""

    model_config = SettingsConfigDict(
        env_prefix="CAIRN_", extra="ignore", frozen=True, validate_default=True
    )

    database_url: SecretStr = SecretStr("")
    """PostgreSQL as the application's role, which owns nothing: `postgresql://...`."""
    migration_database_url: SecretStr = SecretStr("")
    """PostgreSQL as the owner of the tables; migrations and `cairn restore` use it."""
    backup_database_url: SecretStr = SecretStr("")
    """PostgreSQL as a role that reads every row and writes none; only `cairn backup` uses it."""
    database_pool: int = 8
    """Connections of one process; 8 was best on two cores."""
    database_pool_wait: float = 3.0
    """Seconds a request may take to get a connection before it is answered 503."""
    durability: Literal["disk", "standby"] = "disk"
    """Where a change is before it is acknowledged: on the server's disk, or on a standby's too."""
    statement_cache: int = 256
    """Prepared statements kept per connection; 0 behind a pooler that cannot keep them."""

    base_url: str = "http://127.0.0.1:8000"
    """Where clients reach this server; issuer of tokens and base of links."""
    front_url: str = ""
    """Where people sign in: links in messages lead there; empty means our own pages."""
    passkey_origins: tuple[str, ...] = ()
    """Origins of the pages where passkeys are made and used, as a JSON list; the first one's host
    is the relying party. Empty means where people sign in."""
    keys_dir: Path = Path("var/keys")
    """Folder of token-signing keys (0700), outside the database."""
    checkpoint_file: Path = Path("var/checkpoints/checkpoints.txt")
    """Where every signed checkpoint of the trail is kept as well, outside the database."""
    seal_seconds: float = Field(default=5.0, gt=0)
    """Seconds between two looks for entries of the trail that are to be sealed."""
    ladder_seconds: float = Field(default=15.0, gt=0, le=60)
    """Seconds between two looks for missed due times whose alerts have to climb."""
    storage_url: str = "file://./var/attachments"
    """Object store for attachments: `file:///folder` or `s3://bucket/prefix?endpoint=...`."""
    antivirus_url: str = ""
    """Scanner of attachments: `clamd:///run/clamav/clamd.ctl` or `clamd://host:3310`; empty is
    none, and then files are not looked at for malware."""
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
    step_up_minutes: int = 10
    """How long ago a person may have proved who they are for the most sensitive operations."""
    break_glass_minutes: int = Field(default=60, ge=1, le=1_440)
    """How long a closed record can be opened at most, for a stated reason."""
    password_workers: int = 2
    """Password hashes computed at the same time; about the number of cores."""
    lockout_after: int = Field(default=5, ge=1)
    """Wrong passwords in a row for an email address from one network before it waits there."""
    lockout_max_seconds: int = 900
    """The longest an address has to wait there after wrong passwords."""
    network_sign_in_failures_per_hour: int = Field(default=300, ge=0)
    """Failed sign-ins from one network, whatever the addresses; 0 is no limit."""
    address_sign_in_failures_per_hour: int = Field(default=100, ge=0)
    """Failed sign-ins for one email address from networks new to it; 0 is no limit."""
    network_resets_per_hour: int = Field(default=60, ge=0)
    """Links for a new password asked for from one network; 0 is no limit."""

    trusted_proxies: tuple[str, ...] = ()
    """Networks of the reverse proxies whose X-Forwarded-For is believed, as a JSON list."""
    address_requests_per_minute: int = Field(default=12_000, ge=0, le=6_000_000)
    """Requests of one IPv4 address or IPv6 /64, a whole school perhaps; 0 is no limit."""
    account_requests_per_minute: int = Field(default=1_200, ge=0, le=6_000_000)
    """Requests of one person's account; 0 is no limit."""
    key_requests_per_minute: int = Field(default=3_000, ge=0, le=6_000_000)
    """Requests of one service key; 0 is no limit."""

    head_seconds: float = Field(default=10.0, gt=0)
    """How long a client may take to send the head of a request."""
    body_seconds: float = Field(default=30.0, gt=0)
    """How long a client may take to send a body, beside what the next setting allows."""
    body_bytes_per_second: int = Field(default=4_000, ge=1)
    """A body may take one second more for so many bytes that have come."""
    answer_seconds: float = Field(default=30.0, gt=0)
    """How long a client may leave an answer untouched that it does not read."""
    idle_seconds: int = Field(default=15, ge=1)
    """How long a connection is kept between two requests."""
    max_head_bytes: int = Field(default=32_768, ge=1_024)
    """The largest head of a request."""
    max_body_bytes: int = 1_000_000
    """The largest JSON or form body that is read."""
    max_attachment_bytes: int = 25_000_000
    """The largest file that is kept with a concern."""
    max_packet_bytes: int = 2_000_000_000
    """The largest packet of another system that is taken."""
    max_roster_bytes: int = 500_000_000
    """The largest roster file that is taken."""
    upload_megabytes_per_day: int = Field(default=2_000, ge=0, le=1_000_000)
    """Megabytes of files that one account or service key may send in a day; 0 is no limit."""
    command_seconds: float = 20.0
    """After this a slow command's caller is answered 503; the command itself is not cancelled."""

    events_poll_ms: int = Field(default=1_000, ge=20, le=60_000)
    """Milliseconds between two looks for news of the schools that event streams are open for."""
    events_streams: int = Field(default=2_000, ge=0)
    """Event streams that one process holds open at most."""
    events_streams_per_account: int = Field(default=10, ge=1)
    """Event streams of one person at one process."""
    events_streams_per_school: int = Field(default=0, ge=0)
    """Event streams of one school at one process; 0 is half of all."""
    events_stream_seconds: float = Field(default=3_600.0, gt=0)
    """How long an event stream lasts at most; clients go on with another one."""

    google_issuer: str = "https://accounts.google.com"
    """Who signs ID tokens of Google Workspace."""
    entra_issuer: str = "https://login.microsoftonline.com/{tid}/v2.0"
    """Who signs ID tokens of Entra, `{tid}` being the tenant; national clouds have others."""
    oidc_issuers: tuple[str, ...] = ()
    """Further OpenID issuers that schools may trust, as a JSON list; no others are ever asked."""

    webhook_allowed_networks: tuple[str, ...] = ()
    """Networks that webhooks may go to although they are not public, as a JSON list."""
    webhook_ports: tuple[int, ...] = ()
    """Ports beside 443 that webhooks may go to, from 1024 on, as a JSON list."""
    webhook_seconds: float = Field(default=1.0, gt=0)
    """Seconds between two looks for events that webhooks wait for."""

    cors_origins: tuple[str, ...] = ()
    """Origins whose pages may call this server, as a JSON list."""
    show_docs: bool = True
    """Whether `/docs`, `/openapi.json` and `/openapi-scim.json` answer."""
    show_metrics: bool = False
    """Whether `/metrics` answers; keep it off a public address."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important line that is logged."""
    unsafe_database: bool = False
    """Accept a server that may lose what it acknowledged. Tests only, at a local base URL."""
    unsafe_passwords: bool = False
    """Hash passwords cheaply. Tests only, at a local base URL."""
    unsafe_addresses: bool = False
    """Let webhooks, agencies and identity providers be on this machine, over plain HTTP. Tests
    only, at a local base URL."""

    sandbox: bool = False
    """Serve a sandbox for developers, from a database that was founded as one. Local base URL."""

    @property
    def unsafe(self) -> tuple[str, ...]:
        """The unsafe settings that are on, as the environment names them."""
        return tuple(
            f"CAIRN_{name.upper()}"
            for name in type(self).model_fields
            if name.startswith("unsafe_") and getattr(self, name)
        )

    @model_validator(mode="after")
    def _unsafe_at_home_alone(self) -> Self:
        if self.sandbox and not self.mail_url.startswith("file://"):
            raise ValueError("CAIRN_SANDBOX sends no mail: CAIRN_MAIL_URL has to be a folder")
        if (on := (*self.unsafe, *["CAIRN_SANDBOX"] * self.sandbox)) and not is_local(
            self.base_url
        ):
            names = " and ".join(on)
            raise ValueError(f"{names} cannot be set where CAIRN_BASE_URL is not this machine")
        return self

    @property
    def most_streams_per_school(self) -> int:
        """Event streams of one school at one process."""
        return self.events_streams_per_school or max(1, self.events_streams // 2)

    @field_validator("storage_url", "mail_url")
    @classmethod
    def _absolute_folder(cls, value: str) -> str:
        if not value.startswith("file://./"):
            return value
        return Path(value.removeprefix("file://")).absolute().as_uri()

    @field_validator("trusted_proxies", "webhook_allowed_networks")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(ip_network(network, strict=False)) for network in value)

    @field_validator("webhook_ports")
    @classmethod
    def _ports(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not all(1_024 <= port <= 65_535 for port in value):
            raise ValueError("webhooks go to port 443, or to ports from 1024 on")
        return value

    @field_validator("passkey_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            parts = urlsplit(origin)
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.path:
                raise ValueError("an origin is written https://host, without a path")
        return value

    @field_validator("base_url", "front_url")
    @classmethod
    def _no_trailing_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @property
    def links_url(self) -> str:
        """The beginning of every link in a message."""
        return self.front_url or self.base_url

    @property
    def sign_in_origins(self) -> tuple[str, ...]:
        """Where passkeys are made and used; the relying party's host comes first."""
        if self.passkey_origins:
            return self.passkey_origins
        urls = (urlsplit(url) for url in (self.front_url or self.base_url, self.base_url))
        return tuple(dict.fromkeys(f"{url.scheme}://{url.netloc}" for url in urls))

    @property
    def audience(self) -> str:
        """The audience of access tokens."""
        return f"{self.base_url}/v1"
