"""The mapped nouns, gathered so that metadata is whole wherever it is read."""

from app.db.models.accounts import (
    Account,
    AccountToken,
    AuthSession,
    RefreshToken,
    SignInAttempt,
    SignInGuard,
)
from app.db.models.base import Base, SchoolRow
from app.db.models.children import (
    Child,
    ChildIdentifier,
    ChildNameToken,
    ChildStatus,
    Contact,
    Enrolment,
    NameToken,
    Relationship,
)
from app.db.models.concerns import (
    AccountStatement,
    Action,
    Alert,
    Amendment,
    Attachment,
    BodyMark,
    ChronologyEntry,
    Comment,
    Concern,
    ConcernChild,
    ConcernEvent,
    Decision,
)
from app.db.models.organisations import Organisation
from app.db.models.rosters import RosterImport, RosterLink, RosterProblem
from app.db.models.sharing import Agency, Referral, ReferralEvent, Share, ShareEvent, Snapshot
from app.db.models.staff import Membership, Staff
from app.db.models.trail import IdempotencyKey, ReferenceCounter, Trail

__all__ = [
    "Account",
    "AccountStatement",
    "AccountToken",
    "Action",
    "Agency",
    "Alert",
    "Amendment",
    "Attachment",
    "AuthSession",
    "Base",
    "BodyMark",
    "Child",
    "ChildIdentifier",
    "ChildNameToken",
    "ChildStatus",
    "ChronologyEntry",
    "Comment",
    "Concern",
    "ConcernChild",
    "ConcernEvent",
    "Contact",
    "Decision",
    "Enrolment",
    "IdempotencyKey",
    "Membership",
    "NameToken",
    "Organisation",
    "ReferenceCounter",
    "Referral",
    "ReferralEvent",
    "RefreshToken",
    "Relationship",
    "RosterImport",
    "RosterLink",
    "RosterProblem",
    "SchoolRow",
    "Share",
    "ShareEvent",
    "SignInAttempt",
    "SignInGuard",
    "Snapshot",
    "Staff",
    "Trail",
]
