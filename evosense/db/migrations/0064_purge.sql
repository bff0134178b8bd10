-- Thirty days after its subscription ended, a company's data are erased; its bills and the audit of acts stay.

alter table app.payment_account add column purged_at timestamptz;
comment on column app.payment_account.purged_at is 'When the data of a canceled company were erased; null: not yet.';

do $$
declare
    target regclass;
begin
    for target in
        select c.oid::regclass
        from pg_class as c
        inner join pg_namespace as n on n.oid = c.relnamespace
        inner join pg_attribute as a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
        where n.nspname in ('app', 'raw') and c.relkind in ('r', 'p') and not c.relispartition
        -- Acts are answered for after a company has left, too.
        and c.relname <> 'audit_log'
    loop
        execute format('grant delete on %s to evosense_pipeline', target);
    end loop;
end
$$;
