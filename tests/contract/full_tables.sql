-- Fills every table that is still empty, from the catalogue alone: many rows of four schools.
-- A column that a partial index wants to be null is null in one of twenty rows; one that a check
-- gives words takes these in turn; one that a unique key holds never repeats.
do $fill$
declare
  t record;
  c record;
  names text;
  vals text;
  words text[];
  val text;
  filled boolean;
begin
  for t in select oid, relname from pg_class
           where relnamespace = 'public'::regnamespace and relkind = 'r'
             and relname not like 'procrastinate%' and relname <> 'alembic_version' order by relname
  loop
    execute format('select exists (select from %I)', t.relname) into filled;
    continue when filled;
    for c in select conname from pg_constraint where conrelid = t.oid and contype = 'f' loop
      execute format('alter table %I drop constraint %I', t.relname, c.conname);
    end loop;
    names := ''; vals := '';
    for c in
      select a.attname, format_type(a.atttypid, null) as kind, a.attnotnull, a.attnum,
             exists (select from pg_index x where x.indrelid = t.oid and x.indisunique
                     and a.attnum = any(x.indkey)) as is_key,
             exists (select from pg_index x where x.indrelid = t.oid
                     and pg_get_expr(x.indpred, t.oid) ~ ('\m' || a.attname || ' IS NULL')) as is_end,
             (select string_agg(pg_get_constraintdef(o.oid), ' ') from pg_constraint o
              where o.conrelid = t.oid and o.contype = 'c' and o.conkey = array[a.attnum]) as rule
      from pg_attribute a
      where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
        and a.attidentity = ''
      order by a.attnum
    loop
      select array_agg(m[1]) into words from regexp_matches(c.rule, '''(\w+)''::text', 'g') m;
      val := case
        when c.attname = 'school_id' then 'md5((n % 4)::text)::uuid'
        when c.kind = 'uuid' and c.attname = 'id' then format('md5(%L || n)::uuid', t.relname)
        when c.kind = 'uuid' and c.is_key then format('md5(%L || n)::uuid', c.attname)
        when c.kind = 'uuid' then format('md5(%L || n %% 300)::uuid', c.attname)
        when c.kind = 'text' and words is not null then format('(%L::text[])[1 + n %% %s]', words, cardinality(words))
        when c.kind = 'text' then format('''w'' || n %% %s', case when c.is_key then 100000 else 50 end)
        when c.kind = 'timestamp with time zone' then '''2026-11-25 10:00Z''::timestamptz - n * interval ''1 hour'''
        when c.kind = 'date' then '''2026-11-25''::date - n % 1000'
        when c.kind in ('integer', 'bigint', 'smallint', 'numeric', 'double precision', 'real')
          then case when c.is_key then 'n' else 'n % 100' end
        when c.kind = 'boolean' then 'n % 10 = 0'
        when c.kind = 'jsonb' then '''{}''::jsonb'
        when c.kind = 'bytea' then 'decode(md5(n::text), ''hex'')'
        when c.kind = 'xid8' then 'n::text::xid8'
        when c.kind = 'time without time zone' then '''10:00''::time'
        when c.kind = 'interval' then '''1 day''::interval'
        when c.kind = 'inet' then '''192.0.2.1''::inet'
        when c.kind like '%[]' then '''{}''::' || c.kind
        else 'null' end;
      if not c.attnotnull then
        val := format('case when n %% %s then %s end', case when c.is_end then '20 <> 0' else '2 = 0' end, val);
      end if;
      names := names || format(', %I', c.attname);
      vals := vals || ', ' || val;
    end loop;
    for c in select conname from pg_constraint where conrelid = t.oid and contype = 'c' loop
      execute format('alter table %I drop constraint %I', t.relname, c.conname);
    end loop;
    execute format('insert into %I (%s) select %s from generate_series(1, 4000) n on conflict do nothing',
                   t.relname, substr(names, 3), substr(vals, 3));
  end loop;
  for c in select attrelid::regclass::text as relname from pg_attribute a join pg_class k on k.oid = attrelid
           where attname = 'school_id' and relkind = 'r' and relnamespace = 'public'::regnamespace
  loop
    execute format('alter table %s alter school_id set (n_distinct = 4)', c.relname);
  end loop;
end
$fill$
