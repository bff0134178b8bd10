-- Searching by an index is planned once in each session: of what a search of 3,855 vectors takes, a twelfth was planning
-- (docs/decisions/0013). A statement for all tenants can't be, as an index is on one model's vectors of one shelf, so each
-- index has a function beside it, of the same name, with a statement of its own.

-- Until the next measuring everything is exact: the indexes that are there have no function yet. The owner sees rows only
-- while row level security isn't forced.
alter table app.vector_tier no force row level security;
update app.vector_tier set tier = 'exact', width = null, recall = null where tenant_id is not null;
alter table app.vector_tier force row level security;

-- An index on the vectors of one model on one shelf: a graph, or so many inverted lists. Writers to the shelf wait while it
-- is made. Its function stays when it goes, for those who are about to call it; without the index it compares with all.
create or replace function app.build_vector_index(shelf integer, config_hash text, tier text, lists integer) returns void
language plpgsql security definer
set search_path = app, pg_catalog, pg_temp
as $$
declare
    index_name constant text := app.vector_index_name(shelf, config_hash);
    vectors_schema text;
begin
    select n.nspname into strict vectors_schema
    from pg_extension as e inner join pg_namespace as n on n.oid = e.extnamespace
    where e.extname = 'vector';
    execute format(
        'create index %I on app.%I using %s (embedding %I.halfvec_ip_ops) with (%s) where config_hash = %L',
        index_name, format('message_embedding_s%s', to_char(shelf, 'FM00000')),
        case tier when 'graph' then 'hnsw' when 'lists' then 'ivfflat' end, vectors_schema,
        case tier when 'graph' then 'm = 24, ef_construction = 200' else format('lists = %s', lists) end, config_hash
    );
    execute format(
        $function$
        create or replace function app.%1$I(for_tenant_id uuid, query_vector %2$I.halfvec, wanted integer)
        returns table (ids uuid[], similarities double precision[])
        language plpgsql stable
        as $body$
        begin
            return query
            select array_agg(n.message_id), array_agg(-n.distance)
            from (
                select b.message_id, b.embedding operator(%2$I.<#>) query_vector as distance
                from app.message_embedding as b
                where b.tenant_id = for_tenant_id and b.shelf = %3$s and b.config_hash = %4$L
                order by 2
                limit wanted
            ) as n;
        end
        $body$
        $function$,
        index_name, vectors_schema, shelf, config_hash
    );
    execute format('revoke all on function app.%I from public', index_name);
    execute format('grant execute on function app.%I to evosense_search', index_name);
end
$$;

drop function app.near_messages(uuid, halfvec, text, app.message_filter, uuid, integer);

-- The messages whose vectors of one model are nearest to a vector; never fewer than `wanted` when there are so many.
-- Vectors have length 1, so the inner product is the cosine. Exact, unless the tenant's own index was measured to be as
-- good and nothing is filtered; should it answer too few, exact again.
create function app.near_messages(
    for_tenant_id uuid, query_vector halfvec, for_config_hash text, filter app.message_filter, up_to_id uuid,
    wanted integer
) returns table (message_id uuid, similarity double precision)
language plpgsql stable security definer rows 200
set search_path = app, pg_catalog, pg_temp
set enable_sort = off -- what an index can answer in order is not sorted
set plan_cache_mode = force_generic_plan
as $$
declare
    -- A filter whose fields are all null is null.
    conditions constant text := case when filter is null then '' else app.message_conditions(for_tenant_id, filter) end;
    vectors_schema text;
    own_shelf smallint;
    index_tier text;
    index_width integer;
    statement text;
    ids uuid[];
    similarities double precision[];
begin
    perform app.require_tenant(for_tenant_id);
    if query_vector is null or for_config_hash is null then
        return;
    end if;
    select n.nspname, t.shelf, v.tier, v.width into strict vectors_schema, own_shelf, index_tier, index_width
    from app.tenant as t
    inner join pg_extension as e on e.extname = 'vector'
    inner join pg_namespace as n on n.oid = e.extnamespace
    left join app.vector_tier as v on v.tenant_id = t.tenant_id and v.config_hash = for_config_hash
    where t.tenant_id = for_tenant_id;
    statement := format(
        ' from app.message_embedding as b%s where b.tenant_id = %L and b.shelf = %s and b.config_hash = %L%s%s',
        case when conditions <> '' then app.message_sources(filter) end, for_tenant_id, own_shelf, for_config_hash,
        case when conditions <> '' then format(' and m.tenant_id = %L', for_tenant_id) || conditions end,
        case when up_to_id is not null then format(' and b.message_id <= %L', up_to_id) end
    );
    -- A graph answers no more than its width.
    if (index_tier = 'lists' or index_tier = 'graph' and index_width >= wanted) and conditions = '' and up_to_id is null then
        perform set_config(
            case index_tier when 'graph' then 'hnsw.ef_search' else 'ivfflat.probes' end, index_width::text, true
        );
        execute format('select * from app.%I($1, $2, $3)', app.vector_index_name(own_shelf, for_config_hash))
        into ids, similarities using for_tenant_id, query_vector, wanted;
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
