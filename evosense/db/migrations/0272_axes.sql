-- A large tenant's vectors have a place on 128 axes, the directions along which its own vectors lie most. An index on the
-- places reads a sixth of what one on the vectors does; the few that it calls near are compared by their whole vectors
-- (docs/decisions/0017). The place is kept in the vector's own row, so that it comes and goes with it.

create table app.vector_axis (
    tenant_id uuid not null,
    config_hash text not null,
    axis smallint not null,
    direction halfvec(768) not null,
    primary key (tenant_id, config_hash, axis)
);
comment on table app.vector_axis is
'One row per axis of a large tenant''s vectors of one model: learned from the tenant''s own vectors alone, by vector_tiers.';
call app.protect('app.vector_axis');
grant select, insert, delete on app.vector_axis to evosense_pipeline;
create policy search_rows on app.vector_axis for select to evosense_search using (true);
grant select on app.vector_axis to evosense_search;

alter table app.message_embedding add column axes halfvec(128);
comment on column app.message_embedding.axes is
'Its inner products with the axes of app.vector_axis; null where the tenant has none. Written by a trigger alone.';

-- A vector's place on the axes of a tenant's model; null where there are none.
create function app.on_axes(for_tenant_id uuid, for_config_hash text, embedding halfvec) returns halfvec
language sql stable
return nullif(
    array(
        select a.direction <#> embedding
        from app.vector_axis as a
        where a.tenant_id = for_tenant_id and a.config_hash = for_config_hash
        order by a.axis
    ),
    '{}'
)::halfvec(128);

create function app.place_on_axes() returns trigger
language plpgsql
as $$
begin
    new.axes := app.on_axes(new.tenant_id, new.config_hash, new.embedding);
    return new;
end
$$;

create trigger message_embedding_axes before insert or update of embedding on app.message_embedding
for each row when (new.shelf >= 16) execute function app.place_on_axes();

-- Until the next measuring everything is exact: the functions of the indexes that are there take another argument now. The
-- owner sees rows only while row level security isn't forced.
alter table app.vector_tier no force row level security;
update app.vector_tier set tier = 'exact', width = null, recall = null where tenant_id is not null;
alter table app.vector_tier force row level security;
alter table app.vector_tier drop constraint vector_tier_tier_check;
alter table app.vector_tier add constraint vector_tier_tier_check check (tier in ('exact', 'lists', 'graph', 'axes'));
alter table app.vector_tier add column spare integer;
comment on column app.vector_tier.spare is
'How many more than are wanted the index hands over, to be compared by their whole vectors; null: none.';

do $$
declare
    former regprocedure;
begin
    for former in
        select p.oid::regprocedure from pg_proc as p
        where p.pronamespace = 'app'::regnamespace and p.pronargs = 3 and p.proname ~ '^message_embedding_s\d{5}_[0-9a-f]{12}$'
    loop
        execute format('drop function %s', former);
    end loop;
end
$$;

-- Writers to a shelf wait until the caller's transaction ends; readers don't.
create function app.hold_shelf(shelf integer) returns void
language plpgsql security definer
set search_path = app, pg_catalog, pg_temp
as $$
begin
    execute format(
        'lock table app.%I in share row exclusive mode', format('message_embedding_s%s', to_char(shelf, 'FM00000'))
    );
end
$$;
revoke all on function app.hold_shelf(integer) from public;
grant execute on function app.hold_shelf(integer) to evosense_pipeline;

-- An index on one model of one shelf: on the places, or on the vectors a graph or so many inverted lists. Writers to the
-- shelf wait while it is made. Its function stays when it goes, for those who are about to call it; without the index it
-- compares with all.
create or replace function app.build_vector_index(shelf integer, config_hash text, tier text, lists integer) returns void
language plpgsql security definer
set search_path = app, pg_catalog, pg_temp
as $$
declare
    index_name constant text := app.vector_index_name(shelf, config_hash);
    vectors_schema text;
    nearest text;
begin
    select n.nspname into strict vectors_schema
    from pg_extension as e inner join pg_namespace as n on n.oid = e.extnamespace
    where e.extname = 'vector';
    execute format(
        'create index %I on app.%I using %s (%I %I.halfvec_ip_ops) with (%s) where config_hash = %L',
        index_name, format('message_embedding_s%s', to_char(shelf, 'FM00000')),
        case tier when 'graph' then 'hnsw' else 'ivfflat' end, case tier when 'axes' then 'axes' else 'embedding' end,
        vectors_schema, case tier when 'graph' then 'm = 24, ef_construction = 200' else format('lists = %s', lists) end,
        config_hash
    );
    nearest := format(
        'from app.message_embedding as b where b.tenant_id = for_tenant_id and b.shelf = %s and b.config_hash = %L',
        shelf, config_hash
    );
    if tier = 'axes' then
        nearest := format(
            'from (select b.message_id, b.embedding %s order by b.axes operator(%I.<#>) place limit wanted + spare) as b',
            nearest, vectors_schema
        );
    end if;
    execute format(
        $function$
        create or replace function app.%1$I(
            for_tenant_id uuid, query_vector %2$I.halfvec, wanted integer, spare integer
        ) returns table (ids uuid[], similarities double precision[])
        language plpgsql stable
        as $body$
        declare
            place constant %2$I.halfvec := case %3$L when 'axes' then app.on_axes(for_tenant_id, %4$L, query_vector) end;
        begin
            return query
            select array_agg(n.message_id), array_agg(-n.distance)
            from (
                select b.message_id, b.embedding operator(%2$I.<#>) query_vector as distance
                %5$s
                order by 2
                limit wanted
            ) as n;
        end
        $body$
        $function$,
        index_name, vectors_schema, tier, config_hash, nearest
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
    index_spare integer;
    statement text;
    ids uuid[];
    similarities double precision[];
begin
    perform app.require_tenant(for_tenant_id);
    if query_vector is null or for_config_hash is null then
        return;
    end if;
    select n.nspname, t.shelf, v.tier, v.width, v.spare
    into strict vectors_schema, own_shelf, index_tier, index_width, index_spare
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
    if
        (index_tier in ('axes', 'lists') or index_tier = 'graph' and index_width >= wanted)
        and conditions = '' and up_to_id is null
    then
        perform set_config(
            case index_tier when 'graph' then 'hnsw.ef_search' else 'ivfflat.probes' end, index_width::text, true
        );
        execute format('select * from app.%I($1, $2, $3, $4)', app.vector_index_name(own_shelf, for_config_hash))
        into ids, similarities using for_tenant_id, query_vector, wanted, index_spare;
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
