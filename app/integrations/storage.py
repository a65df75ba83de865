"""Keeps attachments' bytes, written once and never changed: in a folder, in S3 or in memory."""

import asyncio
import hashlib
import os
import re
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit
from urllib.request import url2pathname
from uuid import uuid4

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from app.core import clock
from app.integrations.loopback import is_loopback

if TYPE_CHECKING:
    from obstore import GetOptions, GetResult
    from obstore.store import ClientConfig, RetryConfig, S3Config

_KEY = re.compile(r"(?=.{1,512}$)[a-z0-9-]+(/[a-z0-9-]+)*")
# A dot keeps this folder out of reach of every key.
_STAGING = ".staging"
_PART_BYTES = 5 * 1024 * 1024
_PARTS_IN_FLIGHT = 2

_T = TypeVar("_T")
_READ_BYTES = 256 * 1024


class StorageError(Exception):
    """An object was not stored, read or deleted. Its text names no key."""


class StorageUnavailable(StorageError):
    """The store does not answer, has no room, or does not let us in; try later."""


class ObjectExists(StorageError):
    """There is an object with this key; objects are never overwritten."""


class ObjectNotFound(StorageError):
    """There is no object with this key."""


class SpanOutside(StorageError):
    """The span starts behind the object's end."""


class TooLarge(StorageError):
    """More bytes came than the limit allows; nothing was kept."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} bytes")
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Stored:
    """`size` in bytes, `sha256` in lower-case hexadecimal."""

    size: int
    sha256: str


class Storage(Protocol):
    """Our own code makes keys: `[a-z0-9-]+` with single slashes. Raises ValueError for others.

    Every operation raises StorageUnavailable where the store cannot be used.
    """

    async def put(self, key: str, chunks: AsyncIterator[bytes], *, limit: int) -> Stored:
        """All of `chunks` or nothing: whatever ends it early leaves no object.

        Raises ObjectExists, TooLarge above `limit` bytes, and what `chunks` raises.
        """
        ...

    async def get(self, key: str, span: tuple[int, int] | None = None) -> AsyncIterator[bytes]:
        """The bytes in pieces; `span` is (first, behind the last), clipped at the object's end.

        Raises ObjectNotFound and SpanOutside before the first piece.
        """
        ...

    async def delete(self, key: str) -> None:
        """An object that is not there counts as deleted."""
        ...

    async def exists(self, key: str) -> bool: ...

    def keys(self) -> AsyncIterator[str]:
        """The keys of all objects that are whole, in no order."""
        ...

    async def clear_leftovers(self, older_than: timedelta) -> int:
        """Removes what puts left unfinished when the machine stopped; says how many."""
        ...


class ObjectStorage:
    """Streams chunks to a staging key, then moves them to their own where that is still free."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, key: str, chunks: AsyncIterator[bytes], *, limit: int) -> Stored:
        if await self.exists(key):
            raise ObjectExists
        staged = f"{_STAGING}/{uuid4().hex}"
        made = [staged]
        try:
            stored = await self._stage(staged, chunks, limit)
            await _uncut(self._publish(staged, key, made))
        except BaseException:
            await _uncut(self._discard(made))
            raise
        await _uncut(self._discard([staged]))
        return stored

    async def _stage(self, staged: str, chunks: AsyncIterator[bytes], limit: int) -> Stored:
        """Leaving the block by an exception makes the writer give its upload up."""
        size = 0
        digest = hashlib.sha256()
        async with _Upload(self._store, staged) as upload:
            async for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise TooLarge(limit)
                digest.update(chunk)
                await upload.write(chunk)
        return Stored(size, digest.hexdigest())

    async def _publish(self, staged: str, key: str, made: list[str]) -> None:
        """Copying is atomic on every store: a hard link in a folder, one last request in S3."""
        with _own_errors():
            await self._settle_file(staged)
            await obstore.copy_async(self._store, staged, key, overwrite=False)
            made.append(key)
            await self._settle_folders(key)

    async def _settle_file(self, staged: str) -> None:
        """Bytes must be on disk before a name shows them."""

    async def _settle_folders(self, key: str) -> None:
        """The name must be on disk before we say that it is kept."""

    async def _discard(self, keys: list[str]) -> None:
        """What cannot be removed now is staged, unseen, and left to `clear_leftovers`."""
        for key in keys:
            with suppress(StorageUnavailable), _own_errors(missing_is_fine=True):
                await obstore.delete_async(self._store, key)

    async def get(self, key: str, span: tuple[int, int] | None = None) -> AsyncIterator[bytes]:
        _check_key(key)
        options: GetOptions = {}
        if span is not None:
            if not 0 <= span[0] < span[1]:
                raise ValueError("a span must hold at least one byte")
            if span[0] >= await self._size(key):
                raise SpanOutside
            options["range"] = span
        with _own_errors():
            result = await obstore.get_async(self._store, key, options=options)
        return _pieces(result)

    async def _size(self, key: str) -> int:
        with _own_errors():
            return (await obstore.head_async(self._store, key))["size"]

    async def delete(self, key: str) -> None:
        _check_key(key)
        with _own_errors(missing_is_fine=True):
            await obstore.delete_async(self._store, key)

    async def exists(self, key: str) -> bool:
        _check_key(key)
        try:
            await self._size(key)
        except ObjectNotFound:
            return False
        return True

    async def keys(self) -> AsyncIterator[str]:
        with _own_errors():
            async for page in obstore.list(self._store):
                for item in page:
                    if _KEY.fullmatch(item["path"]):
                        yield item["path"]

    async def clear_leftovers(self, older_than: timedelta) -> int:
        cleared = 0
        before = clock.now() - older_than
        with _own_errors():
            async for page in obstore.list(self._store, prefix=_STAGING):
                old = [item["path"] for item in page if item["last_modified"] < before]
                await obstore.delete_async(self._store, old)
                cleared += len(old)
        return cleared


class LocalStorage(ObjectStorage):
    """Keeps objects in a folder that only our own user can enter; on disk before `put` returns."""

    def __init__(self, root: Path) -> None:
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            super().__init__(LocalStore(prefix=root))
        except (OSError, BaseError):
            raise ValueError("the storage folder cannot be made") from None
        self._root = root

    async def _settle_file(self, staged: str) -> None:
        await asyncio.to_thread(_sync, self._root / staged)

    async def _settle_folders(self, key: str) -> None:
        await asyncio.to_thread(self._sync_folders, key)

    async def clear_leftovers(self, older_than: timedelta) -> int:
        """Looks into the folder itself: a listing hides the parts of an unfinished write."""
        before = (clock.now() - older_than).timestamp()
        with _own_errors():
            return await asyncio.to_thread(_unlink_old, self._root / _STAGING, before)

    def _sync_folders(self, key: str) -> None:
        folder = (self._root / key).parent
        while folder != self._root:
            _sync(folder)
            folder = folder.parent
        _sync(self._root)


class S3Storage(ObjectStorage):
    """Keeps objects in a bucket of S3 or of a server that speaks its protocol.

    The server must know conditional writes (If-None-Match); without keys given here, those of the
    usual AWS environment variables are used. A put that dies with its machine can leave parts of an
    upload that only a lifecycle rule of the bucket removes.
    Raises ValueError for an endpoint that is neither verified TLS nor this machine.
    """

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        *,
        endpoint: str | None = None,
        region: str | None = None,
        access_key_id: str | None = None,
        secret_access_key: str | None = None,
    ) -> None:
        config: S3Config = {"copy_if_not_exists": "multipart"}
        if endpoint is not None:
            config["endpoint"] = endpoint
        if region is not None:
            config["region"] = region
        if access_key_id is not None and secret_access_key is not None:
            config["access_key_id"] = access_key_id
            config["secret_access_key"] = secret_access_key
        client: ClientConfig = {
            "allow_http": _plain_allowed(endpoint),
            "connect_timeout": timedelta(seconds=5),
            "timeout": timedelta(minutes=5),
            "read_timeout": timedelta(seconds=30),
        }
        retry: RetryConfig = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}
        try:
            store = S3Store(
                bucket, prefix=prefix, config=config, client_options=client, retry_config=retry
            )
        except BaseError:
            raise ValueError("the S3 settings are not usable") from None
        super().__init__(store)


def _plain_allowed(endpoint: str | None) -> bool:
    if endpoint is None:
        return False
    parts = urlsplit(endpoint)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("an S3 endpoint is written https://host[:port]")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("S3 on another machine needs verified TLS: use an https:// endpoint")
    return parts.scheme == "http"


class _Upload:
    """One streamed write: finished on a clean end, given up on any other."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._writer = obstore.open_writer_async(
            store, key, buffer_size=_PART_BYTES, max_concurrency=_PARTS_IN_FLIGHT
        )

    async def __aenter__(self) -> "_Upload":
        await self._writer.__aenter__()
        return self

    async def write(self, chunk: bytes) -> None:
        with _own_errors():
            await _uncut(self._writer.write(chunk))

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        with _own_errors():
            await _uncut(self._writer.__aexit__(kind, error, trace))


async def _uncut(step: Awaitable[_T]) -> _T:
    """Lets a step end even when we are cancelled, so that what it made can be taken back."""
    running = asyncio.ensure_future(step)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


@contextmanager
def _own_errors(*, missing_is_fine: bool = False) -> Iterator[None]:
    """The store's words hold paths and addresses: they go no further."""
    try:
        yield
    except AlreadyExistsError:
        raise ObjectExists from None
    except FileNotFoundError:
        if not missing_is_fine:
            raise ObjectNotFound from None
    except (BaseError, OSError):
        raise StorageUnavailable from None


async def _pieces(get_result: "GetResult") -> AsyncIterator[bytes]:
    with _own_errors():
        async for piece in get_result.stream(min_chunk_size=_READ_BYTES):
            yield bytes(piece)


def _check_key(key: str) -> None:
    if not _KEY.fullmatch(key):
        raise ValueError("a storage key may hold a-z, 0-9, - and single slashes only")


def _unlink_old(folder: Path, before: float) -> int:
    folder.mkdir(exist_ok=True)
    old = [path for path in folder.iterdir() if path.stat().st_mtime < before]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def storage_from_url(
    url: str, *, access_key_id: str | None = None, secret_access_key: str | None = None
) -> Storage:
    """Picks by scheme: `file:///folder`, `s3://bucket/prefix?endpoint=...&region=...`.

    Raises ValueError where the URL is of no known kind or would send in the clear.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        if parts.netloc or not parts.path.startswith("/"):
            raise ValueError("a storage folder is written file:///path/of/folder")
        return LocalStorage(Path(url2pathname(parts.path)))
    if parts.scheme == "s3":
        return _s3_from_url(parts, access_key_id, secret_access_key)
    raise ValueError("the storage URL must begin with file:// or s3://")


def _s3_from_url(
    parts: SplitResult, access_key_id: str | None, secret_access_key: str | None
) -> S3Storage:
    options = parse_qs(parts.query)
    if not parts.hostname or not set(options) <= {"endpoint", "region"}:
        raise ValueError("S3 storage is written s3://bucket/prefix?endpoint=...&region=...")
    return S3Storage(
        parts.hostname,
        unquote(parts.path).strip("/"),
        endpoint=options.get("endpoint", [None])[0],
        region=options.get("region", [None])[0],
        access_key_id=access_key_id,
        secret_access_key=secret_access_key,
    )
