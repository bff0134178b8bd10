-- Likeness. Runs as evosense_search and answers ids only (see 0041).

drop function app.similar_messages(uuid, text, text, text, app.message_filter, integer);

-- The messages whose vectors of one model are nearest to a vector, nearest first; never fewer than `wanted` when there
-- are so many. Vectors have length 1, so the inner product is the cosine. Exact, unless the tenant's own approximate
-- index was measured to be as good and nothing is filtered; should it answer too few, exact again.
create function app.near_messages(
    for_tenant_id uuid, query_vector text, for_config_hash text, filter app.message_filter, up_to_id uuid,
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
    nearest text;
    ids uuid [];
    similarities double precision [];
begin
    perform app.require_tenant(for_tenant_id);
    if query_vector is null or for_config_hash is null then
        return;
    end if;
    select n.nspname into strict vectors_schema
    from pg_extension as e inner join pg_namespace as n on n.oid = e.extnamespace
    where e.extname = 'vector';
    select t.shelf into strict own_shelf from app.tenant as t where t.tenant_id = for_tenant_id;
    if conditions = '' and up_to_id is null then
        select v.ef_search into index_width from app.vector_tier as v
        where v.tenant_id = for_tenant_id and v.config_hash = for_config_hash and v.tier = 'hnsw';
    end if;
    for attempt in 1..2 loop
        continue when attempt = 1 and coalesce(index_width, 0) < wanted + 20;
        perform set_config('hnsw.ef_search', coalesce(index_width, 40)::text, true);
        -- Deleted messages lose their vectors by a trigger; one that came too late is left out here, hence the 20 more.
        -- No index is on the distance plus nothing.
        nearest := format(
            'select array_agg(n.message_id order by n.distance, n.message_id),'
            ' array_agg(-n.distance order by n.distance, n.message_id) from ('
            'select b.message_id, (b.embedding operator(%1$I.<#>) %2$L::%1$I.halfvec) %10$s as distance'
            ' from app.message_embedding as b%3$s'
            ' where b.tenant_id = %4$L and b.shelf = %5$s and b.config_hash = %6$L%7$s%8$s'
            ' order by 2 limit %9$s) as n where not exists ('
            'select from app.message_body as d where d.tenant_id = %4$L and d.message_id = n.message_id'
            ' and d.deleted_at is not null)',
            vectors_schema, query_vector, case when conditions <> '' then app.message_sources(filter) end,
            for_tenant_id, own_shelf, for_config_hash,
            case when conditions <> '' then format(' and m.tenant_id = %L', for_tenant_id) || conditions end,
            case when up_to_id is not null then format(' and b.message_id <= %L', up_to_id) end,
            wanted + 20, case when attempt = 2 then '+ 0' end
        );
        execute nearest into ids, similarities;
        exit when cardinality(ids) >= wanted;
    end loop;
    return query select f.id, f.similarity from unnest(ids, similarities) as f (id, similarity) limit wanted;
end
$$;

revoke all on function app.near_messages(uuid, text, text, app.message_filter, uuid, integer) from public;
grant execute on function app.near_messages(uuid, text, text, app.message_filter, uuid, integer) to evosense_api;
grant create on schema app to evosense_search;
alter function app.near_messages(uuid, text, text, app.message_filter, uuid, integer) owner to evosense_search;
revoke create on schema app from evosense_search;
