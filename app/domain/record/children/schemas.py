"""What is changed of a child."""

from typing import Literal

from app.core.codes import (
    EthnicitiesIn,
    SenProvisionsIn,
    SexesIn,
    UnknownUpnReasonsIn,
)
from app.core.schemas import Address, Day, In, Name, Word, absent

RollStatus = Literal["expected", "on_roll", "left"]


class ChildPatch(In):
    """A merge patch: absent fields stay, null empties."""

    legal_given_name: Name = absent()
    legal_family_name: Name = absent()
    middle_names: Name | None = absent()
    known_given_name: Name | None = absent()
    known_family_name: Name | None = absent()
    date_of_birth: Day | None = absent()
    sex: SexesIn | None = absent()
    gender_identity: Name | None = absent()
    pronouns: Name | None = absent()
    year_group: Word | None = absent()
    registration_group: Word | None = absent()
    first_language: Name | None = absent()
    ethnicity: EthnicitiesIn | None = absent()
    sen_provision: SenProvisionsIn | None = absent()
    address: Address | None = absent()
    unknown_upn_reason: UnknownUpnReasonsIn | None = absent()
    roll_status: RollStatus = absent()
