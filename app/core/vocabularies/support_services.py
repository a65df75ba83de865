"""The words for support services and authority contacts."""

from typing import Final

from app.core.vocabularies.terms import Term, Vocabulary

_VERSION: Final = "2026-11-26"

AUDIENCES: Final = Vocabulary(
    name="support_service_audiences",
    title="Whom a number or service is for",
    version=_VERSION,
    source="Cairn",
    closed=False,
    draft=True,
    terms=(
        Term("everyone", "Everyone"),
        Term("pupils", "Pupils and other young people"),
        Term("parents", "Parents and carers"),
        Term("worried_about_somebody", "Anyone who is worried about a young person"),
        Term("bereaved", "Young people after somebody has died, and who cares for them"),
        Term("staff", "People who work in schools"),
        Term("schools", "Schools as such"),
    ),
)

CHANNELS: Final = Vocabulary(
    name="support_service_channels",
    title="How to reach a service",
    version=_VERSION,
    source="Cairn",
    closed=False,
    draft=True,
    terms=(
        Term("phone", "Telephone"),
        Term("text", "Text message"),
        Term("text_relay", "Text relay"),
        Term("web", "Website"),
        Term("email", "Email"),
        Term("in_person", "In person"),
    ),
)

ORIGINS: Final = Vocabulary(
    name="support_service_origins",
    title="Where a support service comes from",
    version=_VERSION,
    source="Cairn",
    closed=False,
    draft=True,
    terms=(
        Term("always", "Part of the program, there even when nothing else is"),
        Term("national", "Shipped with the program"),
        Term("adopted", "A national one that this school has checked itself"),
        Term("school", "The school's own"),
    ),
)

VOCABULARIES: Final = (AUDIENCES, CHANNELS, ORIGINS)
