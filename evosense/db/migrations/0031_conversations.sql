-- What KPIs and conversations are made of, in one place, and what people decide about conversations.

-- A message as KPIs see it: who speaks, whose it is today, the tenant's local day. The live forms of the marts read
-- this; dbt's int_messages has the same rule for all tenants at once, and tests compare both with a recount.
-- security_invoker: the reader's own policies hold.
create view app.message_fact with (security_invoker = true) as
select
    f.*,
    case
        when f.exclusion is not null then null
        when f.direction = 'in' then 'customer'
        when f.author_type in ('bot', 'campaign') then 'automated'
        else 'agent'
    end as speaker
from (
    select
        m.tenant_id,
        m.id as message_id,
        m.connection_id,
        m.chat_identity_id,
        coalesce(l.chat_id, m.chat_identity_id) as chat_id,
        coalesce(l.contact_id, l.chat_id, m.chat_identity_id) as contact_id,
        o.user_id as author_user_id,
        m.direction,
        m.type as message_type,
        coalesce(o.author_type, case m.direction when 'in' then 'contact' else 'agent' end) as author_type,
        case
            when m.chat_kind = 'group' then 'group'
            when
                m.chat_kind <> 'individual' or m.direction = 'unknown'
                or m.type in ('reaction', 'system', 'sticker') then 'other'
            when b.deleted_at is not null then 'deleted'
        end as exclusion,
        coalesce(b.text, '') <> '' as has_text,
        t.shelf,
        coalesce(octet_length(b.text), 0) as text_bytes,
        coalesce(b.text, '') ~ '<[A-Z_]+:[0-9a-f]+>' as is_redacted,
        s.message_id is not null as is_scored,
        s.sentiment,
        s.satisfaction,
        s.emotion,
        s.confidence,
        s.prompt_hash,
        s.config_hash,
        make_interval(hours => t.session_gap_hours) as session_gap,
        m.sent_at,
        (m.sent_at at time zone t.timezone)::date as local_day,
        extract(hour from m.sent_at at time zone t.timezone)::smallint as local_hour
    from app.tenant as t
    inner join app.message as m on m.tenant_id = t.tenant_id
    left join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
    left join app.message_origin as o on o.tenant_id = m.tenant_id and o.message_id = m.id
    left join app.message_score as s on s.tenant_id = m.tenant_id and s.message_id = m.id
    left join app.identity_link as l on l.tenant_id = m.tenant_id and l.identity_id = m.chat_identity_id
) as f;
comment on view app.message_fact is
'One row per message as KPIs see it: speaker, chat and contact of today, local day and hour, score. No text.';
grant select on app.message_fact to evosense_api, evosense_pipeline, evosense_analyst;

create table app.conversation_close (
    tenant_id uuid not null references app.tenant (tenant_id),
    id uuid not null,
    -- The address, not the chat: which chat it belongs to is joined at read, as for messages.
    chat_identity_id uuid not null,
    closed_at timestamptz not null default now(),
    closed_by uuid,
    primary key (tenant_id, id)
);
create index conversation_close_chat on app.conversation_close (tenant_id, chat_identity_id, closed_at);
comment on table app.conversation_close is
'One row per conversation that somebody closed before silence did. What the customer writes next begins another.';
call app.protect('app.conversation_close');
grant select, insert on app.conversation_close to evosense_api;
grant select, insert, update, delete on app.conversation_close to evosense_pipeline;
grant select on app.conversation_close to evosense_analyst;

-- Closing changes numbers, so whoever closes leaves the mark.
grant insert on app.dirty to evosense_api;

create table app.business_hours (
    tenant_id uuid not null references app.tenant (tenant_id),
    -- ISO: Monday is 1, Sunday 7.
    weekday smallint not null check (weekday between 1 and 7),
    opens time not null,
    -- 24:00 is the end of the day.
    closes time not null,
    primary key (tenant_id, weekday, opens),
    check (opens < closes)
);
comment on table app.business_hours is
'One row per stretch of a weekday in which a tenant''s people are at work, in its own timezone. None: around the clock.';
call app.protect('app.business_hours');

create table app.business_holiday (
    tenant_id uuid not null references app.tenant (tenant_id),
    local_day date not null,
    name text not null default '' check (length(name) <= 80),
    primary key (tenant_id, local_day)
);
comment on table app.business_holiday is 'One row per local day on which a tenant''s people are not at work.';
call app.protect('app.business_holiday');
grant select, insert, update, delete on app.business_hours, app.business_holiday to evosense_api, evosense_pipeline;
grant select on app.business_hours, app.business_holiday to evosense_analyst;

create table app.contact_first_seen (
    tenant_id uuid not null,
    identity_id uuid not null,
    first_day date not null,
    primary key (tenant_id, identity_id)
);
comment on table app.contact_first_seen is
'One row per address whose first customer message has been deleted by age: the local day of it, so that the contact never becomes new again. Erasure deletes the row.';
call app.protect('app.contact_first_seen');
grant select on app.contact_first_seen to evosense_api, evosense_analyst;
grant select, insert, update, delete on app.contact_first_seen to evosense_pipeline;

-- Keeps the first day of each address that has a customer message before a moment; call it before deleting those.
create function app.remember_first_seen(for_tenant_id uuid, before timestamptz) returns bigint
language sql volatile
set search_path = app, pg_catalog, pg_temp
as $$
    with seen as (
        insert into app.contact_first_seen as ledger (tenant_id, identity_id, first_day)
        select f.tenant_id, f.chat_identity_id, min(f.local_day)
        from app.message_fact as f
        where f.tenant_id = for_tenant_id and f.sent_at < before and f.speaker = 'customer'
        group by f.tenant_id, f.chat_identity_id
        on conflict (tenant_id, identity_id) do update set first_day = least(ledger.first_day, excluded.first_day)
        returning 1
    )
    select count(*) from seen
$$;
revoke all on function app.remember_first_seen(uuid, timestamptz) from public;
grant execute on function app.remember_first_seen(uuid, timestamptz) to evosense_pipeline;

-- The open day's failed calls are counted by the API itself.
grant select on app.inference_attempt to evosense_api;
