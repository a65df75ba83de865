"""JSON in exactly one form (RFC 8785, with integers only), and read back with no leniency."""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

LARGEST = 2**53 - 1


class NotCanonical(ValueError):
    """The bytes are no JSON object, or one that two readers could understand differently."""


def write_canonical(value: Mapping[str, Any]) -> bytes:
    """Sorted keys, no spaces, UTF-8 as it is. Raises `NotCanonical` for a lone surrogate."""
    text = json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise NotCanonical("a text cannot be written as UTF-8") from None


def read_strict(raw: bytes) -> dict[str, Any]:
    """One JSON object, no name twice, whole numbers only. Raises `NotCanonical`."""
    try:
        content = json.loads(
            raw.decode(),
            object_pairs_hook=_once,
            parse_float=_refused,
            parse_constant=_refused,
            parse_int=_whole,
        )
    except (ValueError, RecursionError) as error:
        text = str(error) if isinstance(error, NotCanonical) else "it is no JSON"
        raise NotCanonical(text) from None
    if not isinstance(content, dict):
        raise NotCanonical("it is no JSON object")
    return content


def read_canonical(raw: bytes) -> dict[str, Any]:
    """As `read_strict`, and the bytes must be the only form of it. Raises `NotCanonical`."""
    strict = read_strict(raw)
    if write_canonical(strict) != raw:
        raise NotCanonical("it is not in the canonical form")
    return strict


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise NotCanonical("a name stands in it twice")
    return result


def _refused(text: str) -> NoReturn:
    raise NotCanonical("a number in it is not whole")


def _whole(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > LARGEST:
        raise NotCanonical("a number in it is too large")
    return int(text)
