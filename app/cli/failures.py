"""What went wrong, in one sentence for an operator; never what a setting holds."""

import traceback

from pydantic import SecretStr, ValidationError

from app.db.addresses import AddressMalformed, DatabaseAway, parts_of
from app.domain.errors import CairnError

WRITTEN = "is written postgresql://role:password@host/cairn"
NO_DATABASE = "the database does not answer or refuses us; `cairn doctor` looks closer"


class CommandFailed(Exception):
    """A command cannot go on; the text is a sentence for the operator."""


def needed(setting: SecretStr, name: str) -> str:
    """The URL of a database, which has to be there. Raises `CommandFailed`."""
    value = setting.get_secret_value()
    if not value:
        raise CommandFailed(f"{name} is not set; it {WRITTEN}")
    try:
        parts_of(value)
    except AddressMalformed:
        raise CommandFailed(f"{name} is no URL of a database; it {WRITTEN}") from None
    return value


def plain_text(text: str) -> str:
    """A text that says nothing to a terminal but its characters."""
    return "".join(mark if mark.isprintable() else "?" for mark in text)


def sentence_of(error: Exception) -> str:
    """One sentence, without passwords, SQL or what people wrote."""
    if isinstance(error, ValidationError):
        return _settings_sentence(error)
    if isinstance(error, CairnError):
        return error.detail
    of_database, told_as_they_are = _known()
    if isinstance(error, of_database):
        return NO_DATABASE
    if isinstance(error, told_as_they_are):
        return str(error) or type(error).__name__
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}"
    return f"something unexpected went wrong ({type(error).__name__} at {where})"


def _known() -> tuple[tuple[type[Exception], ...], tuple[type[Exception], ...]]:
    """Errors of the database, and those whose text is a sentence. Loaded where one has come."""
    import psycopg
    from procrastinate.exceptions import ConnectorException
    from psycopg_pool import PoolTimeout
    from sqlalchemy.exc import DBAPIError

    from app.cli.backups.programs import ProgramMissing
    from app.db.app_role import UnsafeRole
    from app.integrations.checkpoint_file import CheckpointFileBroken
    from app.integrations.seal_keys import SealKeyError
    from app.integrations.signing_keys import SigningKeyError

    of_database = (
        DatabaseAway, psycopg.OperationalError, DBAPIError, ConnectorException, PoolTimeout,
    )  # fmt: skip
    items = (
        CommandFailed, CheckpointFileBroken, ProgramMissing, SealKeyError, SigningKeyError,
        UnsafeRole, ValueError, OSError,
    )  # fmt: skip
    return of_database, items


def _settings_sentence(error: ValidationError) -> str:
    """Names the settings and the rule, since Pydantic's own text quotes the value."""
    errors = error.errors(include_input=False, include_url=False, include_context=False)
    parts = [
        f"CAIRN_{'_'.join(map(str, item['loc'])).upper()}: {item['msg']}"
        if item["loc"]
        else item["msg"]
        for item in errors
    ]
    return "a setting is not valid: " + "; ".join(parts)
