"""Reads what leaves a school to the last byte: texts of JSON, of pages, and of PDF files."""

import re
from collections.abc import Iterator
from html import unescape
from io import BytesIO
from typing import Any

import orjson
import pikepdf
import pypdfium2  # type: ignore[import-untyped]


def texts_of_json(content: bytes | Any) -> list[str]:
    """Every text in some JSON, keys too."""
    value = orjson.loads(content) if isinstance(content, bytes) else content
    return list(_texts(value))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield str(key)
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
    else:
        yield str(value)


def texts_of_html(page: str) -> list[str]:
    """What a page says and what stands in its markup, with entities as what they are."""
    return [unescape(re.sub(r"<[^>]+>", "\n", page)), unescape(page)]


def texts_of_pdf(document: bytes) -> list[str]:
    """What its pages say, and every string and stream of every object in it."""
    return [*_pages(document), *_objects(document)]


def _pages(document: bytes) -> list[str]:
    with pypdfium2.PdfDocument(document) as pdf:
        found = []
        for number in range(len(pdf)):
            page = pdf[number]
            text = page.get_textpage()
            found.append(re.sub(r"[-\u00ad\ufffe\u0002]\r?\n", "", text.get_text_bounded()))
            text.close()
            page.close()
    return found


def _objects(document: bytes) -> list[str]:
    found: list[str] = []
    with pikepdf.open(BytesIO(document)) as pdf:
        for one in [*pdf.objects, pdf.trailer]:
            _strings(one, found, set())
            if isinstance(one, pikepdf.Stream):
                found += _readable(one)
        found += [str(value) for value in pdf.docinfo.values()]
        found += [str(name) for name in pdf.attachments]
    return found


def _readable(stream: pikepdf.Stream) -> list[str]:
    """A stream as text, in the ways names could be written in it."""
    raw = stream.read_bytes(pikepdf.StreamDecodeLevel.generalized)
    if stream.get("/Subtype") == pikepdf.Name("/OpenType") or raw[:4] in (b"OTTO", b"\0\1\0\0"):
        return []  # glyphs of a font
    return [raw.decode("utf-8", "ignore")] if b"\0" not in raw[:64] else []


def _strings(value: Any, found: list[str], seen: set[int]) -> None:
    """Every string under an object, those of other objects aside."""
    if isinstance(value, pikepdf.String):
        found.append(str(value))
    elif isinstance(value, pikepdf.Array):
        for one in value:
            if not getattr(one, "is_indirect", False):
                _strings(one, found, seen)
    elif isinstance(value, pikepdf.Dictionary | pikepdf.Stream):
        for key, one in value.items():
            found.append(str(key))
            if not getattr(one, "is_indirect", False):
                _strings(one, found, seen)
