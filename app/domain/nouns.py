"""Every kind. Each entry point imports this, so that code over all kinds meets all of them."""

from typing import Any, Final

import app.domain.adults.adult_concern_steps.commands
import app.domain.record.incomplete_reports.commands
import app.domain.sharing.recipient_links.commands  # noqa: F401 - each says something of its kinds
from app.domain.access.grants.kind import BREAK_GLASS
from app.domain.access.reading_notices.kind import READING_NOTICE
from app.domain.adults.adult_concerns.kind import ADULT_CONCERN
from app.domain.courses import Course
from app.domain.duty.drills.kind import DRILL
from app.domain.duty.tasks.kind import TASK
from app.domain.exchange.imports.kind import PAST_IMPORT, ROSTER_IMPORT
from app.domain.exchange.jobs.kind import FAILED_JOB
from app.domain.exchange.monitoring_alerts.kind import MONITORING_ALERT
from app.domain.exchange.past_entries.kind import PAST_ENTRY
from app.domain.exchange.school_exports.kind import SCHOOL_EXPORT
from app.domain.exchange.webhooks.kind import WEBHOOK
from app.domain.kinds import Kind
from app.domain.owning import complete
from app.domain.people.role_proposals.kind import ROLE_PROPOSAL
from app.domain.record.actions.kind import ACTION
from app.domain.record.attachments.kind import ATTACHMENT
from app.domain.record.cases.kind import CASE
from app.domain.record.children.kind import CHILD, IDENTIFIER
from app.domain.record.concern_notes.kind import AMENDMENT, COMMENT, DECISION
from app.domain.record.concern_questions.kind import QUESTION
from app.domain.record.concerns.kind import CONCERN
from app.domain.record.contacts.kind import CONTACT
from app.domain.record.incomplete_reports.kind import INCOMPLETE_REPORT
from app.domain.record.meetings.kind import MEETING
from app.domain.record.reviews.kind import REVIEW
from app.domain.record.statuses.kind import STATUS
from app.domain.safety.bereavement_cases.kind import BEREAVEMENT_CASE
from app.domain.safety.check_ins.kind import CHECK_IN
from app.domain.safety.child_groups.kind import CHILD_GROUP
from app.domain.safety.records.kind import RECORD
from app.domain.safety.reintegrations.kind import REINTEGRATION
from app.domain.safety.safety_plans.kind import SAFETY_PLAN
from app.domain.safety.sanctions.kind import SANCTION
from app.domain.safety.self_harm.kind import PATHWAY
from app.domain.safety.support_list.kind import SUPPORT_LIST_ENTRY
from app.domain.safety.support_plans.kind import SUPPORT_PLAN
from app.domain.sharing.file_requests.kind import FILE_REQUEST
from app.domain.sharing.incoming_transfers.kind import INCOMING_TRANSFER
from app.domain.sharing.received_files.kind import RECEIVED_RECORD
from app.domain.sharing.referrals.kind import REFERRAL
from app.domain.sharing.shares.kind import SHARE
from app.domain.sharing.sharing_exceptions.kind import SHARING_EXCEPTION
from app.domain.sharing.transfers.kind import TRANSFER

EVERY: Final[tuple[Kind[Any], ...]] = (
    CONCERN, ACTION, REVIEW, MEETING, CASE, TRANSFER, INCOMING_TRANSFER, FILE_REQUEST,
    MONITORING_ALERT, ROLE_PROPOSAL, READING_NOTICE, TASK, CHECK_IN, BREAK_GLASS, ADULT_CONCERN,
    SHARE, REFERRAL, WEBHOOK, FAILED_JOB, DRILL, RECORD, SAFETY_PLAN, STATUS,
    AMENDMENT, ATTACHMENT, CHILD, COMMENT, CONTACT, DECISION, IDENTIFIER,
    QUESTION,
    BEREAVEMENT_CASE, CHILD_GROUP, INCOMPLETE_REPORT, REINTEGRATION, SANCTION, SHARING_EXCEPTION,
    SUPPORT_LIST_ENTRY, SUPPORT_PLAN, PAST_ENTRY, RECEIVED_RECORD,
)  # fmt: skip
OTHERS: Final[tuple[Course, ...]] = (PAST_IMPORT, PATHWAY, ROSTER_IMPORT, SCHOOL_EXPORT)
"""Records with states that are not kinds."""
complete()
