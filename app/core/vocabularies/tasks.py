"""The words for what somebody has to do by a time."""

from typing import Final

from app.core.vocabularies.terms import Term, Vocabulary

_VERSION: Final = "2026-11-29"

TASK_KINDS: Final = Vocabulary(
    name="task_kinds",
    title="What there is to do",
    version=_VERSION,
    source="Cairn",
    closed=False,
    draft=True,
    terms=(
        Term("other", "Something else"),
        Term("child_unmatched", "Find out which child a report is about"),
        Term("incomplete_report", "Speak with whoever began a report that could not be taken"),
        Term("own_report", "Make your own report to the police: call 101"),
        Term("safety_measures", "Keep the children apart and safe, and write how"),
        Term("children_named", "Find out who the other children are whom a report names"),
        Term("reporter_asked", "Get the answer of a reporter who was asked"),
        Term("conflict_check", "Say whether a suggested conflict of interest is one"),
        Term("sh_stay", "Know who is with the pupil"),
        Term("sh_check", "Speak with the pupil before they leave"),
        Term("sh_parents", "Decide about telling parents before the pupil leaves"),
        Term("sh_social_care", "Speak with children's social care today"),
        Term("sh_health", "Speak with the mental health service or the family doctor"),
        Term("sh_leaving", "Know with whom the pupil leaves"),
        Term("collect_by_adult", "Leaves with a named adult today"),
        Term("sh_next_day", "Speak with the pupil or the family on the next school day"),
        Term("sh_contact_48", "Know within 48 hours that somebody spoke with them"),
        Term("sh_plan_review", "Read the safety plan again with the pupil"),
        Term("sh_declined", "Look at the plan again: a referral was declined"),
        Term("refer_again", "Refer to the right agency: a referral was taken back"),
        Term("sh_parents_review", "Look again at what parents know"),
        Term("sh_sanction", "Look at a sanction after what the pupil told"),
        Term("friend_support", "See how the friend is who told"),
        Term("plan_recall", "Get an old paper copy of a plan back"),
        Term("check_in_missed", "A check-in did not happen"),
        Term("check_in_cover", "Stand in for a check-in"),
        Term("check_in_worried", "Speak with the adult who is more worried"),
        Term("offer_adult", "Offer the pupil another adult"),
        Term("find_adult", "Agree with the pupil who is there for them now"),
        Term("support_plan_review", "Read the support plan again with the pupil"),
        Term("leaver_check", "Look at a pupil whom a roster would take off the roll"),
        Term("holiday_arrangement", "Agree who is in touch over the holiday"),
        Term("support_list_hand_over", "Hand over who is in touch with whom"),
        Term("support_list_end", "Decide whether somebody stays on the support list"),
        Term("reintegration_check", "See the pupil this morning"),
        Term("reintegration_meeting", "Meet before or on the day of return"),
        Term("reintegration_day_90", "Look again ninety days after"),
        Term("absence_call", "Telephone about an absence"),
        Term("plan_to_next_school", "Telephone the next school about the pupil"),
        Term("plan_from_school", "Telephone the school the pupil came from"),
        Term("place_attention", "See to a place on the site"),
        Term("bereavement_duty", "Do what has to be done after a death"),
        Term("affected_person", "See to somebody who may be affected"),
        Term("affected_date", "Look quietly after somebody around a date"),
        Term("bereavement_review", "Look back together at what was learned"),
        Term("linked_concerns", "Please look together at linked concerns"),
        Term("support_service_check", "Check a telephone number or service"),
        Term("staff_hand_over", "Take work over from somebody, without asking why"),
        Term("capacity", "Look at how much one person carries"),
    ),
)

TASK_STATES: Final = Vocabulary(
    name="task_states",
    title="State of what there is to do",
    version=_VERSION,
    source="Cairn",
    closed=False,
    terms=(
        Term("open", "Open"),
        Term("done", "Done"),
        Term("not_needed", "Not needed, with a reason"),
    ),
)

VOCABULARIES: Final = (TASK_KINDS, TASK_STATES)
