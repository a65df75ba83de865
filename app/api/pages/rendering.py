"""Renders the pages: everything that people wrote goes in as text and never as markup."""

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, Undefined
from markupsafe import Markup

from app.api.pages.languages import LANGUAGES, Language, tongue_of
from app.api.pages.telling import groups_of, job_of, mark_words, pieces_of, size_of, who_of
from app.api.styles import sheet
from app.formats.documents.letters import named

FOLDER: Final = Path(__file__).parent
PERSON_FIELDS: Final = frozenset(
    key.partition(".")[2] for key in LANGUAGES["en"].words if key.startswith("person.")
)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file beside the pages; its address changes with its content."""

    name: str
    content: bytes
    media_type: str

    @property
    def mark(self) -> str:
        """Made from the content."""
        return hashlib.sha256(self.content).hexdigest()[:12]

    @property
    def address(self) -> str:
        """Where it is served."""
        return f"/pages/{self.name}?v={self.mark}"


def _asset(name: str, media_type: str) -> Asset:
    file = FOLDER / name
    return Asset(name, sheet(file) if file.suffix == ".css" else file.read_bytes(), media_type)


ASSETS: Final = {
    asset.name: asset
    for asset in (
        _asset("page.css", "text/css"),
        _asset("icon.svg", "image/svg+xml"),
        _asset("link.js", "text/javascript"),
    )
}


_ACTS: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)
"""Characters that are no letters: they act on a screen, or turn the direction of what follows."""


def _rendered(value: Any) -> Any:
    """What a template prints, with such characters named as in documents; markup is made of it."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return _ACTS.sub(lambda item: named(item[0]), value)


class _Absent(Undefined):
    """What the content does not have: it can be asked about, never printed."""

    def __str__(self) -> str:
        return str(self._fail_with_undefined_error())


_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    finalize=_rendered,
    undefined=_Absent,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_TEMPLATES.globals.update(
    css=ASSETS["page.css"].address,
    icon=ASSETS["icon.svg"].address,
    link_script=ASSETS["link.js"].address,
    person_fields=PERSON_FIELDS,
    tongue_of=tongue_of,
    pieces_of=pieces_of,
    who_of=who_of,
    mark_words=mark_words,
    size_of=size_of,
    groups_of=groups_of,
    job_of=job_of,
)
DEFAULTS: Final[dict[str, Any]] = {
    "problems": {},
    "values": {},
    "said": None,
    "inside": False,
    "account": False,
    "school": None,
    "phone": None,
    "form_secret": "",
}


def rendered(template: str, language: Language, **values: Any) -> str:
    """A whole page in one language."""
    values["values"] = defaultdict(str, values.get("values") or {})
    other = next(code for code in LANGUAGES if code != language.code)
    return _TEMPLATES.get_template(template).render(
        {**DEFAULTS, **values, "t": language, "other": other}
    )
