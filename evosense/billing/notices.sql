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
-- One row per matter that is neither over nor dismissed, the newest first; of several failed attempts to pay one invoice
-- only the last.
select
    m.kind,
    m.ref,
    m.created_at,
    m.detail
from (
    select distinct on (n.kind, coalesce(n.detail ->> 'invoice_id', n.ref))
        n.kind,
        n.ref,
        n.created_at,
        n.detail
    from app.dunning_notice as n
    where n.tenant_id = %(tenant_id)s and not n.obsolete and n.dismissed_at is null
    order by n.kind asc, coalesce(n.detail ->> 'invoice_id', n.ref) asc, n.created_at desc, n.ref desc
) as m
order by m.created_at desc, m.kind asc
limit 50;

-- name: dismiss_notice
-- One row per notice dismissed: the one named, and earlier ones about the same invoice.
update app.dunning_notice as n
set dismissed_at = now()
from app.dunning_notice as named
where
    named.tenant_id = %(tenant_id)s and named.kind = %(kind)s and named.ref = %(ref)s and named.dismissed_at is null
    and n.tenant_id = named.tenant_id and n.kind = named.kind and n.dismissed_at is null
    and (n.ref = named.ref or n.detail ->> 'invoice_id' = named.detail ->> 'invoice_id')
returning n.kind;
