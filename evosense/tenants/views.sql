-- name: list
-- One row per view of the user_id of tenant_id, in the person's order by page.
select
    v.page,
    v.name,
    v.address
from app.saved_view as v
where v.tenant_id = %(tenant_id)s and v.user_id = %(user_id)s
order by v.page, v.place, v.name;

-- name: forget_others
-- No row: deletes the views of the user_id of tenant_id for a page, but for those with one of the names.
delete from app.saved_view as v
where
    v.tenant_id = %(tenant_id)s
    and v.user_id = %(user_id)s
    and v.page = %(page)s
    and v.name <> all(%(names)s::text[]);

-- name: keep
-- No row: views of the user_id of tenant_id for a page, in this order.
insert into app.saved_view (tenant_id, user_id, page, name, address, place)
select
    %(tenant_id)s,
    %(user_id)s,
    %(page)s,
    given.name,
    given.address,
    given.place
from unnest(%(names)s::text[], %(addresses)s::text[]) with ordinality as given (name, address, place)
order by given.name
on conflict (tenant_id, user_id, page, name) do update set address = excluded.address, place = excluded.place;
