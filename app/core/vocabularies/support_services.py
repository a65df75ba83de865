"""The words for support services and authority contacts."""

from functools import partial
from typing import Final

from app.core.vocabularies.terms import Term, Vocabulary

_draft = partial(Vocabulary, version="2026-11-26", draft=True)

AUDIENCES: Final = _draft(
    "support_service_audiences",
    "Who a number or service is for",
    terms=(
        Term("everyone", "Everyone"),
        Term("pupils", "Pupils and other young people"),
        Term("parents", "Parents and carers"),
        Term("worried_about_somebody", "Anyone who is worried about a young person"),
        Term("bereaved", "Bereaved young people and those who care for them"),
        Term("staff", "People who work in schools"),
        Term("schools", "Schools as such"),
    ),
)

CHANNELS: Final = _draft(
    "support_service_channels",
    "How to reach a service",
    terms=(
        Term("phone", "Phone"),
        Term("text", "Text message"),
        Term("text_relay", "Text relay"),
        Term("web", "Website"),
        Term("email", "Email"),
        Term("in_person", "In person"),
    ),
)

ORIGINS: Final = _draft(
    "support_service_origins",
    "Where a support service comes from",
    terms=(
        Term("always", "Part of the program, there even when nothing else is"),
        Term("national", "Shipped with the program"),
        Term("adopted", "A national one that this school has checked itself"),
        Term("school", "The school's own"),
    ),
)

VOCABULARIES: Final = (AUDIENCES, CHANNELS, ORIGINS)
