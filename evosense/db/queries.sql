-- name: tables
-- One row per table of raw and app that is no partition: comment, partitioning, number of partitions, keys.
select
    n.nspname as schema_name,
    c.relname as table_name,
    obj_description(c.oid) as comment,
    pg_get_partkeydef(c.oid) as partitioning,
    (select count(*) from pg_inherits as h where h.inhparent = c.oid)::int as partitions,
    (
        select
            array_agg(
                pg_get_constraintdef(k.oid)
                order by k.contype = 'p' desc, k.contype = 'u' desc, k.contype = 'f' desc, k.conname
            )
        from pg_constraint as k
        where k.conrelid = c.oid and k.contype in ('p', 'u', 'f', 'c')
    ) as keys
from pg_class as c
inner join pg_namespace as n on n.oid = c.relnamespace
where n.nspname in ('raw', 'app') and c.relkind in ('r', 'p') and not c.relispartition
order by n.nspname, c.relname;

-- name: columns
-- One row per column of a table, in order.
select
    a.attname as name,
    format_type(a.atttypid, a.atttypmod) as type,
    not a.attnotnull as is_nullable,
    pg_get_expr(d.adbin, d.adrelid) as default_value
from pg_attribute as a
inner join pg_class as c on c.oid = a.attrelid
inner join pg_namespace as n on n.oid = c.relnamespace
left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
where
    n.nspname = %(schema_name)s and c.relname = %(table_name)s
    and a.attnum > 0 and not a.attisdropped
order by a.attnum;
