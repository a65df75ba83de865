"""The catalogue of a migrated database is the checked-in one: `nets/catalogue.txt`.

A maintainer sees each change of the schema in a diff, and migrations that were merged into fewer
files make the same database where the file stays as it is.
"""

from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.contract.netting import WRITTEN_BY, hold

CATALOGUE = Path(__file__).with_name("catalogue.sql").read_text()


def lines_of(connection: "psycopg.Connection[Any]", database: str) -> list[str]:
    """The catalogue in sorted lines, with stand-ins for the names that a run gives."""
    names = {f"app_{database}": "the_server", connection.info.user: "the_owner"}
    found: list[str] = []
    for name, part, text in connection.execute(cast(Any, CATALOGUE)):
        line = f"{name} | {part} | {' '.join(str(text).split())}"
        for own, stand_in in names.items():
            line = line.replace(own, stand_in)
        found.append(line)
    return sorted(found)


def test_the_catalogue_is_the_one_checked_in(database_urls: tuple[str, str]) -> None:
    database = urlsplit(database_urls[0]).path.strip("/")
    with psycopg.connect(database_urls[0]) as connection:
        if connection.info.server_version // 10_000 != WRITTEN_BY:
            pytest.skip(f"PostgreSQL {WRITTEN_BY} wrote the file")
        found = lines_of(connection, database)
    assert len(found) > 3_000, "the catalogue was not read"
    hold("catalogue.txt", "\n".join(found) + "\n")
