"""Style sheets as they are sent: the colours of every page, and after them what is a page's own.

In one file, so that a page asks for one sheet and works without a connection from then on.
"""

from pathlib import Path
from typing import Final

COLOURS: Final = Path(__file__).with_name("static") / "colours.css"


def sheet(file: Path) -> bytes:
    """A style sheet with the colours before it."""
    return COLOURS.read_bytes() + file.read_bytes()
