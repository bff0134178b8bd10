-- name: place_hold
-- No row: something of tenant_id must be kept from now on.
insert into app.legal_hold (tenant_id, id, jid_hmacs, reason, placed_by)
values (%(tenant_id)s, %(id)s, %(jid_hmacs)s, %(reason)s, %(placed_by)s);

-- name: list_holds
-- One row per hold of tenant_id, open ones first.
select
    h.tenant_id,
    h.id,
    h.jid_hmacs is not null as is_of_person,
    h.reason,
    h.placed_by,
    h.placed_at,
    h.released_by,
    h.released_at
from app.legal_hold as h
where h.tenant_id = %(tenant_id)s
order by h.released_at is not null, h.placed_at desc, h.id desc;

-- name: release_hold
-- One row (its id) when there was such an open hold of tenant_id.
update app.legal_hold
set released_by = %(released_by)s, released_at = now()
where tenant_id = %(tenant_id)s and id = %(id)s and released_at is null
returning id;

-- name: holds_person
-- One row: whether anything of these addresses, or everything of tenant_id, must be kept.
select
    exists (
        select 1 from app.tenant as t
        where t.tenant_id = %(tenant_id)s and t.legal_hold
    )
    or exists (
        select 1 from app.legal_hold as h
        where
            h.tenant_id = %(tenant_id)s and h.released_at is null
            and (h.jid_hmacs is null or h.jid_hmacs && %(jid_hmacs)s::bytea[])
    ) as is_held;
