-- What the warehouse has to compute again. app.dirty says what changed; these two say what that means for
-- conversations and days. Marking moves dirty rows here in one transaction; a build clears what it has rebuilt;
-- until then serving computes exactly these chats and days from the tables of app. See docs/warehouse.md.

create table app.stale_chat (
    tenant_id uuid not null,
    chat_id uuid not null,
    -- Conversations of the chat that lie in this span are computed again. It begins and ends outside of any
    -- conversation, so nothing before or after it can be touched; infinite where the whole chat is concerned.
    from_at timestamptz not null,
    to_at timestamptz not null,
    primary key (tenant_id, chat_id),
    check (from_at <= to_at)
);
comment on table app.stale_chat is
'One row per chat whose conversations in analytics are out of date, with the span that is concerned.';
call app.protect('app.stale_chat');

create table app.stale_day (
    tenant_id uuid not null,
    local_day date not null,
    primary key (tenant_id, local_day)
);
comment on table app.stale_day is 'One row per tenant and local day whose figures in analytics are out of date.';
call app.protect('app.stale_day');

grant select on app.dirty, app.stale_chat, app.stale_day to evosense_api;
grant select, insert, update, delete on app.stale_chat, app.stale_day to evosense_pipeline;
