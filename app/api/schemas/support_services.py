"""Support services and authority contacts: who to turn to, and whether each was checked."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.api.schemas.known_words import NationsOut
from app.api.schemas.schools import Nation
from app.core.codes import (
    SupportServiceAudiencesIn,
    SupportServiceAudiencesOut,
    SupportServiceChannelsIn,
    SupportServiceChannelsOut,
    SupportServiceOriginsOut,
)
from app.core.schemas import (
    Day,
    In,
    Line,
    NewId,
    Out,
    PersonOut,
    SeveralLines,
    VocabularyStatus,
    Word,
    absent,
)
from app.domain.safety.support_services.commands import Check

Language = Annotated[str, StringConstraints(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")]
Authority = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9-]{2,40}$")]
CHECKED_ON = "Day you checked these details yourself."
CHECK_BY = "Day of the next check, at most 180 days ahead; null: the latest allowed."


class SupportServicesIn(BaseModel):
    """Who it is for, and where."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    nation: Nation | None = Field(default=None, description="Only services of this nation.")
    audience: SupportServiceAudiencesIn | None = Field(
        default=None, description="Only services for these people."
    )


class ChannelIn(In):
    """One way to contact it."""

    kind: SupportServiceChannelsIn = Field(description="Type of channel.")
    contact: Line = Field(description="Number, address or link.")


Audiences = Annotated[list[SupportServiceAudiencesIn], Field(min_length=1, max_length=10)]
Channels = Annotated[list[ChannelIn], Field(min_length=1, max_length=10)]
Nations = Annotated[list[Nation], Field(max_length=4)]
Languages = Annotated[list[Language], Field(max_length=30)]


class SupportServiceIn(In):
    """One of the school's own services, or a national one you have checked."""

    id: NewId
    national: Word | None = Field(
        default=None, description="ID of a national service, to show as checked by the school."
    )
    name: Line = absent(description="Name of the service.")
    about: SeveralLines | None = Field(default=None, description="What it helps with.")
    audiences: Audiences = absent(description="People it is for.")
    channels: Channels = absent(description="Ways to contact it.")
    hours: Line | None = Field(default=None, description="Opening hours.")
    nations: Nations = absent(description="Nations it serves; empty: all.")
    languages: Languages = absent(description="Languages it speaks, such as `en` or `cy`.")
    source: Line | None = Field(default=None, description="Where its details come from.")
    checked_on: Day = Field(description=CHECKED_ON)
    check_by: Day | None = Field(default=None, description=CHECK_BY)


class SupportServicePatch(In):
    """A merge patch: absent fields stay. `checked_on` records a new check."""

    name: Line = absent(description="Name of the service.")
    about: SeveralLines | None = Field(
        default=None, description="What it helps with; null empties it."
    )
    audiences: Audiences = absent(description="People it is for.")
    channels: Channels = absent(description="Ways to contact it.")
    hours: Line | None = Field(default=None, description="Opening hours; null empties it.")
    nations: Nations = absent(description="Nations it serves; empty: all.")
    languages: Languages = absent(description="Languages it speaks, such as `en` or `cy`.")
    source: Line | None = Field(
        default=None, description="Where its details come from; null empties it."
    )
    checked_on: Day = absent(description=f"{CHECKED_ON} Needed with new channels or hours.")
    check_by: Day | None = Field(default=None, description=CHECK_BY)


class EndSupportServiceIn(In):
    """Why to stop showing it."""

    reason: SeveralLines = Field(description="Why to stop showing it.")


class ChannelOut(Out):
    """One way to contact it."""

    kind: SupportServiceChannelsOut = Field(description="Type of channel.")
    contact: str = Field(description="Number, address or link.")


class PublicSupportServiceOut(Out):
    """A support service, and whether it was checked lately."""

    id: str = Field(description="Service ID.")
    origin: SupportServiceOriginsOut = Field(
        description="Whether it is national or the school's own."
    )
    name: str = Field(description="Name of the service.")
    about: str | None = Field(description="What it helps with; null: not said.")
    audiences: list[SupportServiceAudiencesOut] = Field(description="People it is for.")
    channels: list[ChannelOut] = Field(description="Ways to contact it.")
    hours: str | None = Field(description="Opening hours; null: not said.")
    nations: list[NationsOut] = Field(description="Nations it serves; empty: all.")
    languages: list[str] = Field(description="Languages it speaks, such as `en` or `cy`.")
    source: str | None = Field(description="Where its details come from; null: not said.")
    checked_on: date | None = Field(description="Day it was last checked; null: never.")
    check_by: date | None = Field(description="Day by which to check it again; null: none.")
    confirmed: bool = Field(description="`false`: show it as unconfirmed, its check is too old.")
    vocabulary_status: VocabularyStatus


class SupportServiceOut(PublicSupportServiceOut):
    """A support service, as school staff see it."""

    support_service_id: UUID | None = Field(
        description="The school's own entry for it; null: none."
    )
    checked_by: PersonOut | None = Field(description="Person who last checked it; null: nobody.")
    etag: str | None = Field(
        description="Version, to send as `If-Match`; null: not the school's own."
    )
    ended_at: datetime | None = Field(description="When it was ended; null while it is shown.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")


class AuthorityNumberIn(In):
    """A number of the local authority or health service, with its hours."""

    name: Line = Field(description="Person or team that answers.")
    number: Line = Field(description="Phone number.")
    hours: Line | None = Field(default=None, description="Opening hours.")
    note: SeveralLines | None = Field(
        default=None, description="What to say, or to know before calling."
    )


class AuthorityContactsIn(In):
    """All contacts of one local authority. Left out: not known."""

    call_first: list[AuthorityNumberIn] = Field(
        default=[], max_length=10, description="People to call first, in order."
    )
    do_not_yet: list[Line] = Field(
        default=[], max_length=20, description="What this authority asks you not to do first."
    )
    mash: AuthorityNumberIn | None = Field(
        default=None, description="Children's social care in office hours."
    )
    edt: AuthorityNumberIn | None = Field(
        default=None, description="Children's social care out of hours."
    )
    local_crisis: AuthorityNumberIn | None = Field(
        default=None, description="Local mental health crisis line."
    )
    school_number: AuthorityNumberIn | None = Field(
        default=None, description="The school's own number for urgent calls."
    )
    checked_on: Day = Field(description=CHECKED_ON)
    check_by: Day | None = Field(default=None, description=CHECK_BY)


class AuthorityNumberOut(Out):
    """A number with its hours."""

    name: str = Field(description="Person or team that answers.")
    number: str = Field(description="Phone number.")
    hours: str | None = Field(description="Opening hours; null: not said.")
    note: str | None = Field(description="What to say, or to know before calling; null: nothing.")


class AuthorityContactsOut(Out):
    """The contacts of one local authority."""

    authority: str = Field(description="Local authority, by code.")
    call_first: list[AuthorityNumberOut] = Field(description="People to call first, in order.")
    do_not_yet: list[str] = Field(description="What not to do before calling them.")
    mash: AuthorityNumberOut | None = Field(
        description="Children's social care in office hours; null: not known."
    )
    edt: AuthorityNumberOut | None = Field(
        description="Children's social care out of hours; null: not known."
    )
    local_crisis: AuthorityNumberOut | None = Field(
        description="Local mental health crisis line; null: not known."
    )
    school_number: AuthorityNumberOut | None = Field(
        description="The school's own number; null: not known."
    )
    checked_on: date = Field(description="Day they were last checked.")
    check_by: date = Field(description="Day by which to check them again.")
    checked_by: PersonOut = Field(description="Person who last checked them.")
    confirmed: bool = Field(description="`false`: show them as unconfirmed.")
    etag: str = Field(description="Version of the record, to send as `If-Match`.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")
    vocabulary_status: VocabularyStatus


DAYS = frozenset({"checked_on", "check_by"})


def check_of(body: SupportServiceIn | SupportServicePatch | AuthorityContactsIn) -> Check | None:
    """The check a body tells of; None where it tells of none."""
    return Check(body.checked_on, body.check_by) if "checked_on" in body.model_fields_set else None


def shown_of(body: SupportServiceIn | SupportServicePatch) -> dict[str, Any]:
    """What a body says is shown."""
    named = body.model_fields_set - DAYS - {"id", "national"}
    return body.model_dump(mode="json", include=named)


def authority_contacts_of(body: AuthorityContactsIn) -> dict[str, Any]:
    """All contacts in a body."""
    return body.model_dump(mode="json", exclude=set(DAYS))
