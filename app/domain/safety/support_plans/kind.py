"""The kind of a support plan: read like the record of its agreement."""

from app.core.words import Permission
from app.db.models import SupportPlan
from app.domain.kinds import Kind, kind
from app.domain.safety.records.kind import OF_CHILDS_RECORDS
from app.domain.safety.support_plans.errors import SupportPlanNotFound

SUPPORT_PLAN = kind(
    Kind(
        "support_plan",
        SupportPlan,
        reads=Permission.SAFETY_READ,
        visible=OF_CHILDS_RECORDS,
        missing=SupportPlanNotFound,
    )
)
