-- Where vectors live and how they are searched: which model a tenant's search uses, which tenants have a list
-- partition of their own, and which of those an approximate index serves.

create table app.embedding_space (
    tenant_id uuid primary key references app.tenant (tenant_id),
    -- The model that search compares by.
    config_hash text not null,
    -- The model that vectors are being made with now, until every message has one of it; null when they are the same.
    next_config_hash text,
    since timestamptz not null default now()
);
comment on table app.embedding_space is
'One row per tenant with vectors: the embedding model that search uses. A new model is searched once every message has its vector.';
call app.protect('app.embedding_space');
grant select on app.embedding_space to evosense_api;
grant select, insert, update, delete on app.embedding_space to evosense_pipeline;
grant select on app.embedding_space to evosense_analyst;

create table app.vector_tier (
    tenant_id uuid not null,
    config_hash text not null,
    vectors bigint not null,
    tier text not null check (tier in ('exact', 'hnsw')),
    -- How widely the index is searched; null: exact scan.
    ef_search integer,
    -- Share of the true 20 nearest that the index found on this tenant's own vectors; null: never tried.
    recall real check (recall between 0 and 1),
    -- Of all pairs of unlike messages one in a hundred is this similar: what is above is related.
    related_above real,
    measured_at timestamptz not null default now(),
    primary key (tenant_id, config_hash)
);
comment on table app.vector_tier is
'One row per tenant and embedding model: how its vectors are searched, with what was measured on them.';
call app.protect('app.vector_tier');
grant select on app.vector_tier to evosense_api;
grant select, insert, update, delete on app.vector_tier to evosense_pipeline;
grant select on app.vector_tier to evosense_analyst;
create policy search_rows on app.vector_tier for select to evosense_search using (true);
grant select on app.vector_tier to evosense_search;

-- What a message no longer says is no longer found.
create function app.forget_vectors() returns trigger
language plpgsql
set search_path = app, pg_catalog, pg_temp
as $$
begin
    delete from app.message_embedding as e
    using app.tenant as t
    where t.tenant_id = new.tenant_id and e.tenant_id = new.tenant_id and e.shelf = t.shelf
        and e.message_id = new.message_id;
    return null;
end
$$;
create trigger message_body_forgets_vectors
after update of text, deleted_at on app.message_body
for each row when (new.deleted_at is not null or coalesce(new.text, '') = '')
execute function app.forget_vectors();

-- Tables belong to evosense_owner, so these do what only an owner may. They read and write no row: the owner sees none
-- under forced row level security.
create function app.make_shelf(shelf integer) returns void
language plpgsql security definer
set search_path = app, pg_catalog, pg_temp
as $$
begin
    if shelf not between 16 and 32767 then
        raise exception 'a shelf of one''s own is numbered from 16 on';
    end if;
    if to_regclass(format('app.message_embedding_s%s', to_char(shelf, 'FM00000'))) is null then
        call app.make_partition(
            'app.message_embedding', format('message_embedding_s%s', to_char(shelf, 'FM00000')),
            format('for values in (%s)', shelf)
        );
    end if;
end
$$;

create function app.vector_index_name(shelf integer, config_hash text) returns text
language sql immutable
return format('message_embedding_s%s_%s', to_char(shelf, 'FM00000'), left(md5(config_hash), 12));

-- An approximate index on the vectors of one model on one shelf. Writers to the shelf wait while it is built.
create function app.build_vector_index(shelf integer, config_hash text) returns void
language plpgsql security definer
set search_path = app, pg_catalog, pg_temp
as $$
declare
    vectors_schema text;
begin
    select n.nspname into strict vectors_schema
    from pg_extension as e inner join pg_namespace as n on n.oid = e.extnamespace
    where e.extname = 'vector';
    execute format(
        'create index if not exists %I on app.%I using hnsw (embedding %I.halfvec_ip_ops)'
        ' with (m = 24, ef_construction = 200) where config_hash = %L',
        app.vector_index_name(shelf, config_hash), format('message_embedding_s%s', to_char(shelf, 'FM00000')),
        vectors_schema, config_hash
    );
end
$$;

create function app.drop_vector_index(shelf integer, config_hash text) returns void
language plpgsql security definer
set search_path = app, pg_catalog, pg_temp
as $$
begin
    execute format('drop index if exists app.%I', app.vector_index_name(shelf, config_hash));
end
$$;

-- Vectors that were replaced leave holes in an approximate index; made anew it has none.
create function app.rebuild_vector_index(shelf integer, config_hash text) returns void
language plpgsql security definer
set search_path = app, pg_catalog, pg_temp
as $$
begin
    execute format('reindex index app.%I', app.vector_index_name(shelf, config_hash));
end
$$;

-- Fresh statistics for what search reads.
create function app.analyze_search() returns void
language plpgsql security definer
set search_path = app, pg_catalog, pg_temp
as $$
begin
    analyze app.message_embedding, app.message_body, app.search_word;
end
$$;

revoke all on function app.make_shelf(integer) from public;
revoke all on function app.build_vector_index(integer, text) from public;
revoke all on function app.drop_vector_index(integer, text) from public;
revoke all on function app.rebuild_vector_index(integer, text) from public;
revoke all on function app.analyze_search() from public;
grant execute on function app.make_shelf(integer) to evosense_pipeline;
grant execute on function app.build_vector_index(integer, text) to evosense_pipeline;
grant execute on function app.drop_vector_index(integer, text) to evosense_pipeline;
grant execute on function app.rebuild_vector_index(integer, text) to evosense_pipeline;
grant execute on function app.analyze_search() to evosense_pipeline;
