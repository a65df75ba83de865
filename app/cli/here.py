"""Finds the settings of a command: the environment's, or those of a demo that stands here."""

import shlex
from pathlib import Path
from typing import Any

import typer

from app.core.settings import Settings

DEMO = Path("var/demo.env")


def settings_here() -> Settings:
    """The settings of the environment, or of the demo in `var/` where there are none."""
    settings = Settings()
    if settings.database_url.get_secret_value() or not DEMO.exists():
        return settings
    typer.echo("CAIRN_DATABASE_URL is not set: using the demo in var/.", err=True)
    lines = (shlex.split(line)[0].partition("=") for line in DEMO.read_text().splitlines())
    known: dict[str, Any] = {name.removeprefix("CAIRN_").lower(): value for name, _, value in lines}
    return Settings(**known)
