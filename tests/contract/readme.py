"""The README's own lines, as a newcomer pastes them."""

import re
from pathlib import Path

import app

README = Path(app.__file__).parents[1] / "README.md"
PASTED = """
set -euo pipefail
curl() { command curl --fail-with-body "$@" || [ $? -eq 28 ]; }
"""
"""Every request has to succeed; only a stream that never ends is cut off (28)."""


def script(base_url: str, cairn: Path, first: str, behind: str) -> str:
    """The shell lines from one heading up to another, for a demo at an address."""
    text = README.read_text()
    part = text[text.index(f"\n## {first}\n") : text.index(f"\n## {behind}\n")]
    lines = "\n".join(re.findall(r"```sh\n(.*?)```", part, re.DOTALL))
    assert "BASE=http://127.0.0.1:8000" in lines
    lines = lines.replace("BASE=http://127.0.0.1:8000", f"BASE={base_url}")
    return PASTED + lines.replace(".venv/bin/cairn", f"'{cairn}'")
