"""Every kind there is. Each door imports this, so that a walk over kinds meets all of them."""

from typing import Any, Final

from app.domain.actions.kind import ACTION
from app.domain.adult_concerns.kind import ADULT_CONCERN
from app.domain.check_ins.kind import CHECK_IN
from app.domain.concerns.kind import CONCERN
from app.domain.drills.kind import DRILL
from app.domain.grants.kind import BREAK_GLASS
from app.domain.jobs.kind import FAILED_JOB
from app.domain.kinds import Kind
from app.domain.monitoring.kind import MONITORING_ALERT
from app.domain.owning import complete
from app.domain.provisioning.kind import ROLE_PROPOSAL
from app.domain.reading_notices.kind import READING_NOTICE
from app.domain.referrals.kind import REFERRAL
from app.domain.reviews.kind import REVIEW
from app.domain.shares.kind import SHARE
from app.domain.tasks.kind import TASK
from app.domain.transfers.kind import FILE_REQUEST, INCOMING_TRANSFER, TRANSFER
from app.domain.webhooks.kind import WEBHOOK

EVERY: Final[tuple[Kind[Any], ...]] = (
    CONCERN, ACTION, REVIEW, TRANSFER, INCOMING_TRANSFER, FILE_REQUEST, MONITORING_ALERT,
    ROLE_PROPOSAL, READING_NOTICE, TASK, CHECK_IN, BREAK_GLASS, ADULT_CONCERN,
    SHARE, REFERRAL, WEBHOOK, FAILED_JOB, DRILL,
)  # fmt: skip
complete()
