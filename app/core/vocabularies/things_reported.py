"""What a member of staff says when they begin a report, and the categories that it means."""

from typing import Final

from app.core.vocabularies.terms import Term, Vocabulary


def _says(code: str, label: str, *categories: str, ask: str | None = None) -> Term:
    return Term(code, label, categories=categories, question=ask)


THINGS_REPORTED: Final = Vocabulary(
    "things_reported",
    "What happened, in a few words",
    version="2026-11-29",
    draft=True,
    terms=(
        _says(
            "hurt_by_someone", "A child told me that somebody hurt them",
            "physical_abuse_disclosure", ask="Who did they say it was?",
        ),
        _says(
            "sexual_touching", "A child told me about sexual touching",
            "sexual_abuse_disclosure", ask="Did they say whether it was an adult or a child?",
        ),
        _says(
            "mark_or_injury", "I saw a mark or an injury",
            "unexplained_injury", ask="What did the child say about it?",
        ),
        _says(
            "suicide_or_self_harm", "Suicide or self-harm",
            "suicidal_ideation", "self_harm",
            ask="Has anything been done or taken already, as far as you know?",
        ),
        _says(
            "needs_not_met", "Hungry, dirty, cold, unwell or alone",
            "neglect", ask="Who is at home tonight?",
        ),
        _says(
            "something_at_home", "Something at home: shouting, fear, the police",
            "domestic_abuse", ask="Was the child there when it happened?",
        ),
        _says(
            "pupils_sexual", "Something sexual between pupils",
            "harmful_sexual_behaviour", ask="Who are the pupils, and are they apart now?",
        ),
        _says(
            "picture_or_video", "A picture or video of a pupil",
            "nudes_semi_nudes",
            ask="Is an adult involved, or does anybody threaten them? Do not look at it.",
        ),
        _says(
            "bullying_or_fighting", "Bullying or fighting",
            "bullying", ask="Is anybody hurt, was it online, or was it about who somebody is?",
        ),
        _says(
            "used_by_someone_older",
            "Somebody older is using them, or unexplained money or phones",
            "exploitation", ask="Do they owe something, go missing or carry a weapon?",
        ),
        _says(
            "weapon_or_threat", "A weapon, or a threat to hurt somebody",
            "serious_violence", ask="Where is it now?",
        ),
        _says(
            "abroad_cutting_marriage", "A trip abroad, FGM, or a forced marriage",
            "harmful_practices", ask="When is it, or has it happened already?",
        ),
        _says(
            "pupil_missing", "A pupil cannot be found, or keeps missing school",
            "attendance_missing", ask="Where and when were they last seen?",
        ),
        _says(
            "staff_or_visitor", "A member of staff or a visitor",
            "adult_concern", ask="Is it about the head, and are they with children now?",
        ),
        _says("not_right", "Something is not right", "not_sure"),
    ),
)  # fmt: skip

VOCABULARIES: Final = (THINGS_REPORTED,)
