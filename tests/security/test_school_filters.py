"""The sweep over statements would pass blindly where it took a loose table for a filtered one."""

import pytest

from tests.security.school_filters import tables_of, unfiltered


class TestALooseTable:
    @pytest.mark.parametrize(
        ("statement", "loose"),
        [
            ("select * from concern where id = $1", {"concern"}),
            ("select school_id from child", {"child"}),
            ("update alert set sent_at = now() where id = $1", {"alert"}),
            ("delete from alert where id = $1", {"alert"}),
            ("insert into child (id) select id from child", {"child"}),
            (
                "select * from concern c, child d where c.school_id = $1 and d.id = c.owner_id",
                {"child"},
            ),
            (
                "select * from concern c join child d on d.id = c.owner_id where d.school_id = $1",
                {"concern"},
            ),
            (
                "select * from concern c where c.school_id = $1 and exists "
                "(select from concern_child p where p.id = c.id)",
                {"concern_child"},
            ),
            ("select * from child where school_id = $1 or id = $2", {"child"}),
            ("select * from child where not (school_id = $1)", {"child"}),
            ("select * from child where school_id <> $1", {"child"}),
            ("select * from child where coalesce(school_id, $1) = $1", {"child"}),
            ("select * from child c join organisation o on o.id = c.school_id", {"child"}),
            (
                "select * from concern c left join child d on c.school_id = $1 and d.id = c.id "
                "where c.school_id = $1",
                {"child"},
            ),
            (
                "with a as (select * from child) select * from a join staff s using (school_id)",
                {"child"},
            ),
            (
                "select * from child where school_id = $1 union select * from child where id = $2",
                {"child"},
            ),
            (
                "update action a set state = $2 from concern c "
                "where c.id = a.concern_id and c.school_id = $1",
                {"action"},
            ),
            ("select * from child c join staff s using (school_id)", {"child", "staff"}),
        ],
    )
    def test_is_found(self, statement: str, loose: set[str]) -> None:
        assert unfiltered(statement) == loose


class TestAFilteredTable:
    @pytest.mark.parametrize(
        "statement",
        [
            "select * from concern c where c.school_id = $1::uuid and (c.id = $2)",
            "select * from concern where concern.school_id in ($1, $2)",
            "select * from concern where school_id = any($1::uuid[])",
            "select * from child where (school_id, id) = ($1, $2)",
            "select * from child where (school_id = $1) or (id = $3 and school_id = $1)",
            "INSERT INTO child (school_id, id) VALUES ($1, $2) returning id",
            "insert into child (school_id, id) select s.school_id, s.id from staff s "
            "where s.school_id = $1 on conflict (school_id, id) do update set id = excluded.id",
            "delete from alert where school_id = (select current_setting('app.school_id')::uuid)",
            "update action a set state = $2 from concern c where c.school_id = a.school_id "
            "and c.id = a.concern_id and a.school_id = $1",
            "select * from concern c "
            "join child d on (d.school_id, d.id) = (c.school_id, c.owner_id)"
            " left join staff s on s.school_id = d.school_id and s.id = c.owner_id "
            "where c.school_id = $1",
            "select * from child c join staff s using (school_id) where c.school_id = $1",
            "select * from organisation o join child c on c.school_id = o.id where o.id = $1",
            "with a as (select school_id, id from child where school_id = $1) "
            "select * from a join staff s on s.school_id = a.school_id",
            "select * from child c where (c.school_id, c.id) in "
            "(select p.school_id, p.child_id from concern_child p where p.school_id = $1)",
            "select * from unnest($1::uuid[], $2::uuid[]) as k(school, id) "
            "join child c on c.school_id = k.school and c.id = k.id",
        ],
    )
    def test_is_known(self, statement: str) -> None:
        assert tables_of(statement)
        assert unfiltered(statement) == set()
