"""SQL that keeps a row of somebody else out of a file: an id handed on, two ids or numbers swapped.

An id or a UPN alone names a pupil only until something speaks against it. Another given name with
another date of birth does, or with the UPN of another child; without a date of birth, names that
have no word in common. A UPN that the child has or had, beside an id of its own, and a row that
repeats the last one are believed; so is what a person merged. Statements take the binds of
`roster_plans`.
"""


def _words(*names: str) -> str:
    """SQL: the words of names, in lower case without accents."""
    joined = f"lower(concat_ws(' ', {', '.join(names)}))"
    return (
        f"regexp_split_to_array(regexp_replace(normalize({joined}, NFKD), '[\\u0300-\\u036f]', "
        "'', 'g'), '[^[:alnum:]]+')"
    )


OTHER_GIVEN_NAME = f"""(c.legal_given_name <> '' and s.given <> ''
  and not {_words("c.legal_given_name", "c.known_given_name")}
          && {_words("s.given", "s.known_given")})"""
NO_NAME_IN_COMMON = f"""not {
    _words("c.legal_given_name", "c.known_given_name", "c.legal_family_name", "c.known_family_name")
} && {_words("s.given", "s.known_given", "s.family", "s.known_family")}"""

IS_ANOTHER = f"({OTHER_GIVEN_NAME} and c.date_of_birth <> s.date_of_birth)"
"""Whether a child `c` and a staged pupil `s` cannot be one by a UPN alone."""

IS_ANOTHER_ADULT = f"""(a.email_key <> lower(p.email)
  and not {_words("t.name")} && {_words("p.name")})"""
"""Whether staff `t`, who sign in as `a`, and a row `p` share neither a name nor an address."""

# Their numbers and accounts go, too: they would end or take those of somebody else.
LEFT_OUT = f"""
with another as materialized (
  select s.position, s.line
  from staged_person s
  join child c on c.school_id = :school_id and c.id = s.local_id and c.merged_from = '{{}}'
  where s.kind = 'child' and s.linked and s.old_hash <> s.row_hash and {OTHER_GIVEN_NAME}
    and not exists (
      select from staged_identifier n
      join child_identifier i on i.school_id = :school_id and i.value = n.value
                             and i.system in ('upn', 'former_upn')
      where n.position = s.position and n.system = 'upn' and i.child_id = c.id
        and n.value <> s.source_id)
    and (c.date_of_birth <> s.date_of_birth
      or ((c.date_of_birth is null or s.date_of_birth is null) and {NO_NAME_IN_COMMON})
      or (exists (
            select from staged_identifier n
            join known_identifier i on i.system = 'upn' and i.value = n.value
            where n.position = s.position and n.system = 'upn')
          and exists (
            select from known_identifier i where i.system = 'upn' and i.child_id = c.id)))),
apart as (
  update staged_person s set kind = 'other', local_id = null from another a
  where a.position = s.position),
numbers as (
  delete from staged_identifier n using another a where a.position = n.position),
accounts as (
  delete from staged_account n using another a where a.position = n.position)
insert into staged_fault (line, kind, code)
select line, 'child', 'roster.another_pupil' from another
"""
