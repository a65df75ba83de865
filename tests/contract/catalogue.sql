-- All that the catalogue says about our schema: an object's name, what is described, and how it is.
select c.relname::text, 'table',
       case c.relkind when 'v' then 'view ' || pg_get_viewdef(c.oid) when 'S' then
         'sequence' else 'table' end
       || case when c.relrowsecurity then ', row security' else '' end
       || case when c.relpersistence = 'u' then ', unlogged' else '' end
       || case when c.relforcerowsecurity then ', forced' else '' end
       || coalesce(' ' || c.reloptions::text, '')
from pg_class c
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S')
union all
select c.relname::text, 'column',
       a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
       || case when a.attnotnull then ' not null' else '' end
       || case when a.attidentity <> '' then ' identity ' || a.attidentity::text else '' end
       || case when a.attgenerated <> '' then ' generated ' || a.attgenerated::text else '' end
       || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
       || coalesce(' collate ' || nullif(l.collname, 'default'), '')
from pg_attribute a join pg_class c on c.oid = a.attrelid
left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
left join pg_collation l on l.oid = a.attcollation
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
  and a.attnum > 0 and not a.attisdropped
union all
select c.relname::text, 'constraint',
       o.conname || ' ' || pg_get_constraintdef(o.oid)
from pg_constraint o join pg_class c on c.oid = o.conrelid
where c.relnamespace = 'public'::regnamespace and o.contype <> 'n'
union all
select c.relname::text, 'index',
       pg_get_indexdef(x.indexrelid)
       || case when x.indisvalid then '' else ' not valid' end
from pg_index x join pg_class c on c.oid = x.indrelid
where c.relnamespace = 'public'::regnamespace
union all
select tablename::text, 'policy',
       policyname || ' ' || permissive || ' ' || cmd || ' to ' || roles::text
       || coalesce(' using ' || qual, '') || coalesce(' check ' || with_check, '')
from pg_policies where schemaname = 'public'
union all
select c.relname::text, 'grant',
       g.grantee::regrole::text || ': '
       || string_agg(g.privilege_type, ' ' order by g.privilege_type collate "C")
from pg_class c, aclexplode(c.relacl) g
where c.relnamespace = 'public'::regnamespace and g.grantee <> c.relowner
group by 1, g.grantee
union all
select c.relname::text, 'column grant',
       g.grantee::regrole::text || ' ' || g.privilege_type || ': '
       || string_agg(a.attname::text, ' ' order by a.attname)
from pg_attribute a join pg_class c on c.oid = a.attrelid, aclexplode(a.attacl) g
where c.relnamespace = 'public'::regnamespace group by 1, g.grantee, g.privilege_type
union all
select c.relname::text, 'trigger',
       pg_get_triggerdef(t.oid) from pg_trigger t join pg_class c on c.oid = t.tgrelid
where c.relnamespace = 'public'::regnamespace and not t.tgisinternal
union all
select c.relname::text, 'statistics',
       pg_get_statisticsobjdef(s.oid) from pg_statistic_ext s
join pg_class c on c.oid = s.stxrelid where c.relnamespace = 'public'::regnamespace
union all
select t.typname::text, 'type',
       t.typtype::text || coalesce(' ' || (select string_agg(e.enumlabel, ' ' order by
         e.enumsortorder) from pg_enum e where e.enumtypid = t.oid), '')
       || coalesce(' ' || format_type(nullif(t.typbasetype, 0), t.typtypmod), '')
from pg_type t where t.typnamespace = 'public'::regnamespace and t.typtype in ('e', 'd')
union all
select p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', 'function',
       case when p.proname like 'procrastinate%' then md5(pg_get_functiondef(p.oid))
       else pg_get_functiondef(p.oid) end
from pg_proc p where p.pronamespace = 'public'::regnamespace
  and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
  and p.prokind in ('f', 'p')
union all
select p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', 'function grant',
       p.proowner::regrole::text || ' owns; ' || coalesce((
         select string_agg(case when g.grantee = 0 then 'public' else g.grantee::regrole::text end,
                           ' ' order by g.grantee::regrole::text collate "C")
         from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g
         where g.grantee <> p.proowner), 'nobody else') || ' may run it'
from pg_proc p where p.pronamespace = 'public'::regnamespace
  and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
union all
select n.nspname::text, 'schema grant',
       g.grantee::regrole::text || ' ' || g.privilege_type
from pg_namespace n, aclexplode(n.nspacl) g
where n.nspname = 'public' and g.grantee <> n.nspowner
union all
select 'public', 'default grant',
       d.defaclobjtype::text || ' ' || d.defaclacl::text from pg_default_acl d
union all
select 'public', 'extension',
       extname::text from pg_extension
union all
select rolname::text, 'role',
       concat_ws(' ', case when rolsuper then 'super' end, case when rolinherit then
         'inherit' end, case when rolcanlogin then 'login' end, case when rolbypassrls then
         'bypassrls' end, case when rolcreaterole then 'createrole' end, case when rolcreatedb then
         'createdb' end)
       || coalesce(' ' || rolconfig::text, '')
       || coalesce(' in ' || (select string_agg(m.roleid::regrole::text, ' ' order by
            m.roleid::regrole::text collate "C") from pg_auth_members m where m.member = r.oid), '')
from pg_roles r where not rolsuper and (rolname = 'app_' || current_database() or exists (
  select from pg_shdepend d join pg_database b on b.oid = d.dbid
  where d.refobjid = r.oid and b.datname = current_database()))
