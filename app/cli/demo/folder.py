"""The folder `var/` of the demo: what it keeps there, and that only one demo uses it at a time."""

import fcntl
import json
import os
import secrets
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.cli.demo.codes import HANDED_OUT
from app.cli.failures import CommandFailed
from app.db.embedded_files import write_file

ALREADY = "A demo or sandbox runs in this folder already: stop it, or start this one elsewhere."


@dataclass(frozen=True, slots=True)
class Folder:
    """`var/` of the working directory, with absolute paths."""

    root: Path

    @classmethod
    def here(cls, name: str = "var") -> "Folder":
        """The folder in the working directory, made where it is missing."""
        root = Path(name).absolute()
        root.mkdir(parents=True, exist_ok=True)
        return cls(root)

    @property
    def postgres(self) -> Path:
        """The demo's own cluster."""
        return self.root / "postgres"

    @property
    def keys(self) -> Path:
        """Keys that sign tokens."""
        return self.root / "keys"

    @property
    def checkpoints(self) -> Path:
        """Checkpoints of the trail, outside the database."""
        return self.root / "checkpoints"

    @property
    def attachments(self) -> Path:
        """Files kept with concerns."""
        return self.root / "attachments"

    @property
    def mail(self) -> Path:
        """Every message, as an .eml file."""
        return self.root / "mail"

    @property
    def logs(self) -> Path:
        """What the programs say."""
        return self.root / "log"

    @property
    def description(self) -> Path:
        """How to reach the demo, for programs."""
        return self.root / "demo.json"

    @property
    def secrets(self) -> Path:
        """Second factors and service keys of the demo's people and programs."""
        return self.root / "demo-secrets.json"

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Keep every other demo out. Raises `CommandFailed`."""
        with (self.root / "demo.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise CommandFailed(ALREADY) from None
            yield

    def app_password(self) -> str:
        """The password of the application's database role, made once."""
        path = self.root / "database-password"
        if not path.exists():
            write_file(path, secrets.token_urlsafe(24) + "\n", 0o600, None)
        return path.read_text().strip()

    def keep_secrets(self, content: dict[str, Any]) -> None:
        """Keep what was made while loading, for every later start."""
        write_file(self.secrets, json.dumps(content) + "\n", 0o600, None)

    def kept_secrets(self) -> dict[str, Any]:
        """What `keep_secrets` kept; nothing where a start was cut off before."""
        content: dict[str, Any] = json.loads(self.secrets.read_text())
        return content

    def keep_settings(self, environment: dict[str, str]) -> None:
        """Write the demo's settings for other commands: `set -a; . var/demo.env`."""
        ours = {name: text for name, text in environment.items() if name.startswith("CAIRN_")}
        lines = "".join(f"{name}={shlex.quote(text)}\n" for name, text in sorted(ours.items()))
        write_file(self.root / "demo.env", lines, 0o600, None)

    def describe(self, content: dict[str, Any]) -> None:
        """Write the description, whole or not at all."""
        fresh = self.description.with_suffix(".new")
        write_file(fresh, json.dumps(content, indent=2) + "\n", 0o600, None)
        os.replace(fresh, self.description)

    def clear(self) -> None:
        """Delete everything but the database and its password."""
        for item in (self.keys, self.checkpoints, self.attachments, self.mail, self.logs):
            shutil.rmtree(item, ignore_errors=True)
        for file in (self.description, self.secrets, self.root / HANDED_OUT):
            file.unlink(missing_ok=True)
