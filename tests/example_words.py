"""What stands in an example for the words that a test wrote, as a school could have written it."""

import re

TRAP = r"(?:zq[a-z]+|(?=[a-z]{16}\b)[a-z]*[b-df-hj-np-tv-xz]{4}[a-z]*)\b"
"""A word that a test looks for where it must not be."""
LIKE_A_SCHOOL = [
    (re.compile(pattern), word)
    for pattern, word in (
        (r"Zyxglorpa Zyxglorpb|Zyxglorp Zyxglorp", "Amy Pond"),
        (
            r"Zyxglorp (staff|dsl|deputy_dsl|headteacher|pastoral|school_admin|governor)\b",
            "Sam Reed",
        ),
        (r"Zyxglorp\.[0-9a-f]+@", "sam.reed@"),
        (r"Zyxglorp (?=Road)", "Harbour "),
        (r"Zyxglorp(?= (hurts|pulled|shouted|did|was)\b)", "Somebody"),
        (r"(?<=Ring )Zyxglorp", "his mother"),
        (r'("\w*given_name": ?)"Zyxglorp[^"]*"', r'\1"Amy"'),
        (r'("\w*family_name": ?)"Zyxglorp[^"]*"', r'\1"Pond"'),
        (r'("(?:\w*[nN]ame|label|title|room|where)": ?)"Zyxglorp ?[0-9a-f]*"', r'\1"Harbour"'),
        (r"Zyxglorp[ab]?( ?[0-9a-f]{6})?", "As agreed with the school."),
        (r"As agreed with the school\. sat", "The lock does not close"),
        (r"Zebedee Zzquill", "Zeb Quill"),
        (r"As agreed with the school\. (Roe|Reed|Poe)\b", r"Robin \1"),
        (r"As agreed with the school\. (hall|stairs|essay)\b", r"The \1"),
        (r"As agreed with the school\. (?=[a-z])", "Somebody "),
        (r"As agreed with the school\.[0-9a-f]{5}\b", "As agreed with the school."),
        (r"Only As agreed with the school\.\.", "Only his mother, by phone."),
        (rf"(?<=\"){TRAP}(?=\")", "As agreed with the school."),
        (rf" ?\b{TRAP}", ""),
        (r"About this: Robin Vale told me dad drinks\. Ann", "For the meeting on Thursday"),
        (r"Zettelnote: staff think of the tribunal\.", "He talks more easily while drawing."),
        (
            r"(?<=\")(Because|Why|Yes|So|Help|Watch|Again)\.?(?=\")",
            "It protects her, and she agrees.",
        ),
        (r"(?<=\")First (dsl|headteacher|school_admin|chair_of_governors)(?=\")", "Noor Ali"),
        (r"Deputy Dsl [0-9a-f]+", "Gwen Ellis"),
        (r"\bDsl [0-9a-f]{4}\b", "Noor Ali"),
        (r"\bStaff [0-9a-f]{4}\b", "Sam Reed"),
        (r"\bHeadteacher [0-9a-f]{4}\b", "Ines Vaughan"),
        (r"\bPastoral [0-9a-f]{4}\b", "Lee Marsh"),
        (r"\bSchool Admin [0-9a-f]{4}\b", "Pat Stone"),
        (r"\bGovernor [0-9a-f]{4}\b", "Ada Price"),
        (r"\bTrust Lead [0-9a-f]{4}\b", "Jo Finch"),
        (r"(?<=\")Given\d(?=\")", "Amy"),
        (r"School [0-9a-f]{6}", "Hill Top School"),
        (r"(?<=\")([A-Za-z]\w*) [0-9a-f]{6,10}(?=\")", r"\1"),
        (r"(?<=\")[\w+.]+@((\w+\.)?example(\.(org|net))?|b\.org)(?=\")", "noor.ali@school.example"),
        (r"(?<=\")Ein stiller Garten[^\"]+", "seven kites over a grey harbour"),
        (r"(?<=\")What now\?(?=\")", "Do we tell his parents today?"),
        (r"\bChair Of Governors [0-9a-f]{4}\b", "Ros Ames"),
        (r"http://127\.0\.0\.1:\d+[\w/.-]*", "https://login.example/"),
        (r"(eyJ[\w-]{30})[\w.-]{40,}", r"\1"),
        (r"http://cairn\.test", "https://cairn.example"),
    )
]
"""What stands in an example for what a test wrote."""
IN_A_FIELD = {
    "account": "She said that her brother shouts at her every night.",
    "address": "4 Harbour Road, Hill Top",
    "advice": "Keep a record of each time, and ring again if it goes on.",
    "agreed_reason": "Her mother is the only one who can take her to the clinic.",
    "answer": "Yes. She is at home with her mother.",
    "asked_reason": "Her mother has to sign for the clinic.",
    "by": "The school nurse",
    "decisions": "The plan goes on. We meet again in six weeks.",
    "do_not_yet": "Do not ring the family before the social worker has.",
    "employer": "Hill Top School",
    "end_reason": "Nothing is left to do.",
    "externalId": "sam-reed-4417",
    "heard_from": "Her form tutor",
    "helped_by": "Her aunt and the school nurse",
    "holiday_arrangement": "Her aunt rings on Mondays.",
    "job_title": "Head of Year 9",
    "matched_terms": "not be here",
    "name": "Amy Pond",
    "note": "Her mother rang and knows what we do next.",
    "number": "01632 960222",
    "person": "Her aunt",
    "place": "The library",
    "prompted_by": "What happened at the weekend?",
    "q": "bruise",
    "reason": "Her mother rang and told us more.",
    "received_by": "Rae Hill, safeguarding lead",
    "reference": "LADO-2026-0142",
    "route": "Letter home in the book bag",
    "staff_note": "She talks more easily while she draws.",
    "text": "She came to the library at lunch and was calmer.",
    "to": "Rae Hill, safeguarding lead",
    "url": "https://filter.example/alerts/4417",
    "username": "apond",
    "value": "She may leave a lesson for the library.",
    "what": "See her after form time.",
    "what_changed": "Her aunt has moved away.",
    "when": "After school",
    "who": "Her aunt",
    "words": "When it gets too loud",
}
"""The words of a field whose own words a test only looked for."""
LOOKED_FOR = r"(?:https://example\.org/)?As agreed with the school\."
WORDS_OF_A_FIELD = re.compile(
    rf'(\\?"({"|".join(IN_A_FIELD)})\\?": ?\[?\s*\\?"){LOOKED_FOR}(?=\\?")'
)


def readable(text: str) -> str:
    """An example without the words that tests look for: as a school could have written it."""
    for pattern, word in LIKE_A_SCHOOL:
        text = pattern.sub(word, text)
    return WORDS_OF_A_FIELD.sub(lambda found: found[1] + IN_A_FIELD[found[2]], text)
