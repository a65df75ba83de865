"""Lists that come in pages, as one."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Generic, NotRequired, TypeVar

from typing_extensions import ReadOnly, TypedDict

T = TypeVar("T")


class Page(TypedDict, Generic[T]):
    """A page of a list: some items, and where the next ones begin."""

    items: ReadOnly[Sequence[T]]
    next: NotRequired[ReadOnly[str | None]]


async def items(call: Callable[[str | None], Awaitable[Page[T]]]) -> AsyncIterator[T]:
    """Every item of a list, page after page, each page asked for when it is needed.

    `call` gets the cursor of the page (None for the first) and does the operation:
    `items(lambda cursor: list_concerns(cairn, cursor=cursor))`.
    """
    cursor: str | None = None
    while True:
        page = await call(cursor)
        for one in page["items"]:
            yield one
        cursor = page.get("next")
        if cursor is None:
            return
