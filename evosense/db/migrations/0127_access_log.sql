-- The access log is written by the API for its own tenants only, and read by nobody who serves.

create policy access_rows on app.access_log to evosense_auth using (true) with check (true);
grant select, insert, update (last_at, requests) on app.access_log to evosense_auth;

-- One stretch of use, written when it begins and again as it goes on: an upsert that the API could not do by itself,
-- since it may not read what is there.
create function app.note_access(
    of_tenant uuid, ids uuid[], actors text[], addresses text[], firsts timestamptz[], lasts timestamptz[],
    counts integer[]
)
returns void
language plpgsql security definer
set search_path = app, pg_catalog, pg_temp
as $$
begin
    if of_tenant is distinct from app.current_tenant() then
        raise insufficient_privilege using message = 'the access log of another company';
    end if;
    insert into app.access_log as a (tenant_id, id, actor, address, first_at, last_at, requests)
    select of_tenant, n.id, n.actor, n.address::inet, n.first_at, n.last_at, n.requests
    from unnest(ids, actors, addresses, firsts, lasts, counts) as n (id, actor, address, first_at, last_at, requests)
    order by n.id
    on conflict (tenant_id, id) do update set
        last_at = greatest(a.last_at, excluded.last_at), requests = greatest(a.requests, excluded.requests);
end
$$;
revoke all on function app.note_access(uuid, uuid[], text[], text[], timestamptz[], timestamptz[], integer[])
from public;
grant execute on function app.note_access(uuid, uuid[], text[], text[], timestamptz[], timestamptz[], integer[])
to evosense_api;
grant create on schema app to evosense_auth;
alter function app.note_access(uuid, uuid[], text[], text[], timestamptz[], timestamptz[], integer[])
owner to evosense_auth;
revoke create on schema app from evosense_auth;

-- The function is the only way.
revoke insert on app.access_log from evosense_api;
