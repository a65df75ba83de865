"""Pulls a roster from a OneRoster 1.2 REST service, page by page, into a OneRoster package."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode, urljoin, urlsplit

import orjson

from app.core import clock
from app.formats.oneroster.rest import COLLECTIONS, write_package
from app.integrations.service_client import (
    Answer,
    ServiceClient,
    ServiceRefused,
    ServiceUnreachable,
    host_of,
)

SCOPES: Final = (
    "https://purl.imsglobal.org/spec/or/v1p2/scope/roster.readonly "
    "https://purl.imsglobal.org/spec/or/v1p2/scope/roster-demographics.readonly"
)
PAGE: Final = 1_000
OVERLAP: Final = timedelta(minutes=10)
"""Changes are asked for from so long before the last pull, for what was being written then."""
CHANGING: Final = ("users", "enrollments", "demographics")
"""Only of these are changes pulled; what they refer to is small and always comes whole."""
SINGLY: Final = 500
"""So many people are fetched one by one; beyond that all of them."""
ATTEMPTS: Final = 3
MOST_BYTES: Final = 2 * 1024**3
"""Of all collections together, as a package may unpack to."""
NEXT: Final = re.compile(r'<([^<>]*)>\s*;[^,<]*rel="?next"?', re.IGNORECASE)

Since = Mapping[str, str]
"""By collection: from when on its changes are asked for."""


class RosterPull:
    """One pull into a folder, which holds everything until the block around it ends."""

    def __init__(self, client: ServiceClient, base_url: str, folder: Path) -> None:
        self._client, self._base, self._folder = client, base_url.rstrip("/"), folder
        self._whole: dict[str, bool] = {}
        self._bytes = 0
        self.rows: dict[str, int] = {}
        self.cursor: dict[str, str] = {}
        """Where the next pull of changes goes on."""

    def fetch(self, since: Since, package: Path) -> bool:
        """Write a package of everything, or of what changed; False where nobody changed.

        Somebody's absence means leaving only where all users were asked for, and as many came as
        the service says there are. Raises `ServiceRefused`, `ServiceUnreachable`.
        """
        there = [name for name in COLLECTIONS if self._stage(name, since.get(name))]
        if any(name in since for name in CHANGING):
            self._bring_people_of_changes(there)
        modes = {name: self._mode(name, since) for name in there}
        modes["roles"] = modes["users"]
        write_package(package, {name: self._reader(name) for name in there}, modes)
        return self.rows["users"] > 0

    def _mode(self, name: str, since: Since) -> str:
        return "bulk" if self._whole[name] and name not in since else "delta"

    def _stage(self, name: str, since: str | None) -> bool:
        """Keep a collection in the folder; False where this key may not read demographics."""
        for _ in range(ATTEMPTS):
            try:
                if self._stage_once(name, since):
                    return True
            except ServiceRefused as refused:
                if name == "demographics" and refused.status in (403, 404):
                    return False
                raise
        raise ServiceUnreachable(f"{name} went on changing while they were read. Try it later.")

    def _stage_once(self, name: str, since: str | None) -> bool:
        """Whether as many rows came as the service said on every page, where it said a number."""
        ids: set[str] = set()
        totals: set[int] = set()
        came, before = 0, self._bytes
        with self._path_of(name).open("wb") as target:
            for answer in self._pages(name, since):
                if not came:
                    self.cursor[name] = _moment_of(answer)
                total = answer.headers.get("x-total-count", "")
                totals.update({int(total)} if total.isdigit() else ())
                rows = _rows_of(answer, name)
                came += len(rows)
                self._write(target, _new_ones(rows, ids))
        self.rows[name], self._whole[name] = len(ids), totals == {len(ids)}
        if totals <= {came}:
            return True
        self._bytes = before
        return False

    def _write(self, target: Any, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            line = orjson.dumps(row) + b"\n"
            self._bytes += len(line)
            if self._bytes > MOST_BYTES:
                raise ServiceRefused(200, "too_large", "The roster is larger than 2 GiB.")
            target.write(line)

    def _pages(self, name: str, since: str | None) -> Iterator[Answer]:
        """Every page: by the link to the next one, or by offset where there are no links."""
        asked = {"limit": str(PAGE), "offset": "0"}
        if since is not None:
            asked["filter"] = f"dateLastModified>'{since}'"
        url, offset, seen = f"{self._base}/{name}?{urlencode(asked)}", 0, set[str]()
        while url not in seen:
            seen.add(url)
            answer = self._client.request("GET", url)
            yield answer
            number = len(_rows_of(answer, name))
            offset += number
            link = answer.headers.get("link", "")
            following = NEXT.search(link)
            if following is not None:
                url = self._same_host(urljoin(url, following[1]))
            elif number == 0 or 'rel="' in link or _is_last(answer, offset):
                return
            else:
                url = f"{self._base}/{name}?{urlencode(asked | {'offset': str(offset)})}"
        raise ServiceRefused(200, "pages_circle", f"The pages of {name} lead back to one another.")

    def _same_host(self, url: str) -> str:
        """The next page's address, which no other host may name itself."""
        if urlsplit(url)[:2] != urlsplit(self._base)[:2]:
            sentence = f"{host_of(self._base)} names a next page on another host."
            raise ServiceRefused(200, "other_host", sentence)
        return url

    def _bring_people_of_changes(self, there: list[str]) -> None:
        """Fetch the users whose demographics or enrolments changed, and who did not."""
        came = {row["sourcedId"] for row in self._read("users")}
        changed: set[Any] = set()
        for name in CHANGING[1:]:
            for row in self._read(name) if name in there else ():
                user = row.get("user") or {}
                changed.add(row["sourcedId"] if name == "demographics" else user.get("sourcedId"))
        lacking = {str(item) for item in changed - came if item}
        if len(lacking) > SINGLY:
            since = self.cursor["users"]
            self._stage("users", None)
            self.cursor["users"] = since
            return
        with self._path_of("users").open("ab") as target:
            for item in sorted(lacking):
                self._write(target, self._user(item))

    def _user(self, sourced_id: str) -> list[dict[str, Any]]:
        try:
            answer = self._client.request("GET", f"{self._base}/users/{quote(sourced_id, safe='')}")
        except ServiceRefused as refused:
            if refused.status == 404:
                return []
            raise
        result = answer.body.get("user") if isinstance(answer.body, dict) else None
        if not isinstance(result, dict) or result.get("sourcedId") != sourced_id:
            raise ServiceRefused(200, "no_oneroster", "The answer is not the user asked for.")
        self.rows["users"] += 1
        return [result]

    def _path_of(self, name: str) -> Path:
        return self._folder / f"{name}.ndjson"

    def _read(self, name: str) -> Iterator[dict[str, Any]]:
        with self._path_of(name).open("rb") as lines:
            for line in lines:
                yield orjson.loads(line)

    def _reader(self, name: str) -> Any:
        return lambda: self._read(name)


def _rows_of(answer: Answer, name: str) -> list[dict[str, Any]]:
    """The objects of one page. Raises `ServiceRefused` where it is none of this collection."""
    rows = answer.body.get(name) if isinstance(answer.body, dict) else None
    if not isinstance(rows, list) or not all(
        isinstance(row, dict) and isinstance(row.get("sourcedId"), str) for row in rows
    ):
        raise ServiceRefused(200, "no_oneroster", f"The answer has no list of {name} with ids.")
    return rows


def _new_ones(rows: list[dict[str, Any]], ids: set[str]) -> list[dict[str, Any]]:
    """The rows whose ids have not come before; their ids are noted."""
    fresh = {row["sourcedId"]: row for row in reversed(rows) if row["sourcedId"] not in ids}
    ids.update(fresh)
    return list(fresh.values())[::-1]


def _is_last(answer: Answer, offset: int) -> bool:
    text: str = answer.headers.get("x-total-count", "")
    return text.isdigit() and offset >= int(text)


def _moment_of(answer: Answer) -> str:
    """When the service answered by its own clock, less the overlap, as its filter takes it."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
    except (TypeError, ValueError):
        moment = clock.now()
    return (moment - OVERLAP).strftime("%Y-%m-%dT%H:%M:%S.000Z")
