-- name: add_notice
-- No row: something the tenant has to be told, once per kind and matter.
insert into app.dunning_notice (tenant_id, kind, ref, created_at, obsolete, detail)
values (%(tenant_id)s, %(kind)s, %(ref)s, %(created_at)s, %(obsolete)s, %(detail)s)
on conflict do nothing;

-- name: settle_notices
-- No row: notices about invoices that are paid or void, and those of the kinds that are over, need telling no more.
update app.dunning_notice as n
set obsolete = true
where
    n.tenant_id = %(tenant_id)s and not n.obsolete
    and (
        n.kind = any(%(over)s::text[])
        or exists (
            select 1 from app.invoice as i
            where
                i.tenant_id = n.tenant_id and i.invoice_id = n.detail ->> 'invoice_id'
                and i.status in ('paid', 'void')
        )
    );

-- name: notices
-- One row per notice that is neither over nor dismissed, the newest first.
select
    n.kind,
    n.ref,
    n.created_at,
    n.detail
from app.dunning_notice as n
where n.tenant_id = %(tenant_id)s and not n.obsolete and n.dismissed_at is null
order by n.created_at desc, n.kind asc
limit 50;

-- name: dismiss_notice
-- One row when the notice exists and was not dismissed before.
update app.dunning_notice as n
set dismissed_at = now()
where n.tenant_id = %(tenant_id)s and n.kind = %(kind)s and n.ref = %(ref)s and n.dismissed_at is null
returning n.kind;
