"""Chosen elements of an XML file as small trees, one at a time, from a file that may be hostile.

A document type is refused before anything in it is read, so there are no entities to expand and
no address to fetch; depth, size and number of elements have limits.
"""

from collections.abc import Iterator
from typing import Final
from xml.parsers import expat

from app.formats.csv_rows import CHUNK_BYTES, Readable

DEEPEST: Final = 40
MOST_NODES: Final = 20_000
MOST_CHARS: Final = 1024 * 1024
LONGEST: Final = 4 * 1024 * 1024
"""How much may follow without an end of a tag or a value: it is held in memory until then."""


class XmlRefusedError(Exception):
    """The file cannot be read from this line on; `code` names why."""

    def __init__(self, code: str, line: int) -> None:
        super().__init__(code)
        self.code, self.line = code, line


class Node:
    """An element: its name in lower case without prefix, its line, its text, and what is in it."""

    __slots__ = ("children", "line", "name", "oversized", "parts")

    def __init__(self, name: str, line: int) -> None:
        self.name, self.line = name, line
        self.parts: list[str] = []
        self.children: list[Node] = []
        self.oversized = False

    @property
    def text(self) -> str:
        """What it says, without the white space around it."""
        return "".join(self.parts).strip()

    def all(self, *path: str) -> list["Node"]:
        """Every element at the path."""
        result = [self]
        for name in path:
            result = [child for item in result for child in item.children if child.name == name]
        return result

    def get(self, *path: str) -> str:
        """The text of the first element at the path; blank where there is none."""
        return next((item.text for item in self.all(*path)), "")


def read_elements(
    stream: Readable, wanted: frozenset[str], encoding: str | None = None
) -> Iterator[Node]:
    """Each element of a wanted name, in lower case. `encoding` overrules what the file says.

    Raises `XmlRefusedError` once what came before it has been given.
    """
    parser = expat.ParserCreate(encoding)
    collector = _Collector(parser, wanted)
    while chunk := stream.read(CHUNK_BYTES):
        yield from collector.feed(chunk, last=False)
    yield from collector.feed(b"", last=True)


class _Collector:
    def __init__(self, parser: "expat.XMLParserType", wanted: frozenset[str]) -> None:
        self._parser, self._wanted = parser, wanted
        self._open: list[Node | None] = []
        self._depth = self._nodes = self._chars = self._fed = 0
        self._done: list[Node] = []
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._doctype

    def feed(self, chunk: bytes, *, last: bool) -> Iterator[Node]:
        refused: XmlRefusedError | None = None
        self._fed += len(chunk)
        try:
            self._parser.Parse(chunk, last)
            if self._fed - self._parser.CurrentByteIndex > LONGEST:
                refused = XmlRefusedError("xml.endless", self._parser.CurrentLineNumber)
        except expat.ExpatError as error:
            refused = XmlRefusedError("xml.not_well_formed", error.lineno)
        except XmlRefusedError as error:
            refused = error
        except (ValueError, LookupError):  # an encoding that the file claims and nobody knows
            refused = XmlRefusedError("xml.not_well_formed", self._parser.CurrentLineNumber)
        done, self._done = self._done, []
        yield from done
        if refused is not None:
            raise refused

    def _doctype(self, *_: object) -> None:
        raise XmlRefusedError("xml.doctype", self._parser.CurrentLineNumber)

    def _start(self, name: str, _: object) -> None:
        self._depth += 1
        line = self._parser.CurrentLineNumber
        if self._depth > DEEPEST:
            raise XmlRefusedError("xml.too_deep", line)
        plain = name.rpartition(":")[2].casefold()
        if not self._open:
            if plain in self._wanted:
                self._nodes = self._chars = 0
                self._open.append(Node(plain, line))
            return
        self._nodes += 1
        self._chars += len(plain)
        parent = self._open[-1]
        fits = parent is not None and self._nodes <= MOST_NODES and self._chars <= MOST_CHARS
        node = Node(plain, line) if fits else None
        if node is None:
            self._oversize()
        elif parent is not None:
            parent.children.append(node)
        self._open.append(node)

    def _end(self, _: str) -> None:
        self._depth -= 1
        if self._open:
            node = self._open.pop()
            if not self._open and node is not None:
                self._done.append(node)

    def _text(self, text: str) -> None:
        if not self._open or self._open[-1] is None:
            return
        self._chars += len(text)
        if self._chars > MOST_CHARS:
            self._oversize()
        else:
            self._open[-1].parts.append(text)

    def _oversize(self) -> None:
        if self._open and self._open[0] is not None:
            self._open[0].oversized = True
