"""Style sheets as sent: every page's colours, followed by the page's own rules.

In one file, so that a page needs one request and then works without a connection.
"""

from pathlib import Path
from typing import Final

COLOURS: Final = Path(__file__).with_name("static") / "colours.css"


def sheet(file: Path) -> bytes:
    """A style sheet, beginning with the colours."""
    return COLOURS.read_bytes() + file.read_bytes()
