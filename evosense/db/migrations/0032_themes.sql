-- What customers talk about: clusters of their messages' embeddings, named by their distinctive words.

create table app.theme (
    tenant_id uuid not null references app.tenant (tenant_id),
    id uuid not null,
    -- Distinctive words, the most distinctive first; none that fewer than three chats use.
    words text[] not null,
    -- How many messages it was made of.
    messages integer not null,
    centroid halfvec(768) not null,
    -- The embedding model: vectors of two models never meet.
    config_hash text not null,
    built_at timestamptz not null default now(),
    primary key (tenant_id, id)
);
comment on table app.theme is 'One row per theme of a tenant; it keeps its id from build to build while its centre stays near.';
call app.protect('app.theme');

create table app.message_theme (
    tenant_id uuid not null,
    message_id uuid not null,
    theme_id uuid not null,
    primary key (tenant_id, message_id)
);
create index message_theme_theme on app.message_theme (tenant_id, theme_id);
comment on table app.message_theme is 'One row per customer message that belongs to a theme.';
call app.protect('app.message_theme');

grant select on app.theme, app.message_theme to evosense_api, evosense_analyst;
grant select, insert, update, delete on app.theme, app.message_theme to evosense_pipeline;
