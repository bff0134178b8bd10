-- app.near_messages of 0083, quicker: the vector comes as one and is not written into the statement, and what was
-- deleted is left out by who reads the messages (their vectors go by a trigger anyway). Over 60 vectors the reading of
-- 6 kB of digits took longer than the search.

drop function app.near_messages(uuid, text, text, app.message_filter, uuid, integer);

-- The messages whose vectors of one model are nearest to a vector; never fewer than `wanted` when there are so many.
-- Vectors have length 1, so the inner product is the cosine. Exact, unless the tenant's own approximate index was measured
-- to be as good and nothing is filtered; should it answer too few, exact again.
create function app.near_messages(
    for_tenant_id uuid, query_vector halfvec, for_config_hash text, filter app.message_filter, up_to_id uuid,
    wanted integer
) returns table (message_id uuid, similarity double precision)
language plpgsql stable security definer rows 200
set search_path = app, pg_catalog, pg_temp
as $$
declare
    conditions constant text := app.message_conditions(for_tenant_id, filter);
    vectors_schema text;
    own_shelf smallint;
    index_width integer;
    statement text;
    ids uuid[];
    similarities double precision[];
begin
    perform app.require_tenant(for_tenant_id);
    if query_vector is null or for_config_hash is null then
        return;
    end if;
    select n.nspname into strict vectors_schema
    from pg_extension as e inner join pg_namespace as n on n.oid = e.extnamespace
    where e.extname = 'vector';
    select t.shelf into strict own_shelf from app.tenant as t where t.tenant_id = for_tenant_id;
    statement := format(
        ' from app.message_embedding as b%s where b.tenant_id = %L and b.shelf = %s and b.config_hash = %L%s%s',
        case when conditions <> '' then app.message_sources(filter) end, for_tenant_id, own_shelf, for_config_hash,
        case when conditions <> '' then format(' and m.tenant_id = %L', for_tenant_id) || conditions end,
        case when up_to_id is not null then format(' and b.message_id <= %L', up_to_id) end
    );
    if conditions = '' and up_to_id is null then
        select v.ef_search into index_width from app.vector_tier as v
        where v.tenant_id = for_tenant_id and v.config_hash = for_config_hash and v.tier = 'hnsw';
    end if;
    if index_width >= wanted then
        perform set_config('hnsw.ef_search', index_width::text, true);
        execute format(
            'select array_agg(n.message_id), array_agg(-n.distance) from ('
            'select b.message_id, b.embedding operator(%1$I.<#>) $1 as distance%2$s order by 2 limit %3$s) as n',
            vectors_schema, statement, wanted
        ) into ids, similarities using query_vector;
        if cardinality(ids) >= wanted then
            return query select f.id, f.similarity from unnest(ids, similarities) as f (id, similarity);
            return;
        end if;
    end if;
    -- No index is on the distance plus nothing.
    return query execute format(
        'select n.message_id, -n.distance from ('
        'select b.message_id, (b.embedding operator(%1$I.<#>) $1) + 0 as distance%2$s order by 2 limit %3$s) as n',
        vectors_schema, statement, wanted
    ) using query_vector;
end
$$;

revoke all on function app.near_messages(uuid, halfvec, text, app.message_filter, uuid, integer) from public;
grant execute on function app.near_messages(uuid, halfvec, text, app.message_filter, uuid, integer) to evosense_api;
grant create on schema app to evosense_search;
alter function app.near_messages(uuid, halfvec, text, app.message_filter, uuid, integer) owner to evosense_search;
revoke create on schema app from evosense_search;
