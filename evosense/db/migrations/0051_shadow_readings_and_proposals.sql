-- What the monitor last saw of a challenger, and moves of a channel that wait for a second person.

create table app.arm_reading (
    tenant_id uuid not null,
    experiment_id uuid not null,
    arm text not null,
    read_at timestamptz not null default now(),
    -- Aggregates only: decision, measures with their confidence sequences, drops by hour, sample ratio, drift.
    reading jsonb not null,
    primary key (tenant_id, experiment_id, arm)
);
comment on table app.arm_reading is
'One row per challenger: what the monitor last saw of it, so that nobody has to compute it to show it.';
call app.protect('app.arm_reading');

create table app.channel_proposal (
    tenant_id uuid not null,
    id uuid not null,
    name text not null,
    channel text not null,
    prompt_hash text not null,
    report_hash text,
    reason text not null,
    state text not null default 'open' check (state in ('open', 'approved', 'rejected')),
    proposed_by text not null,
    proposed_at timestamptz not null default now(),
    decided_by text check (state <> 'approved' or decided_by <> proposed_by),
    decided_at timestamptz,
    primary key (tenant_id, id)
);
create index channel_proposal_open on app.channel_proposal (tenant_id, id) where state = 'open';
comment on table app.channel_proposal is
'One row per move of a channel that somebody wants and somebody else has to agree to (four eyes).';
call app.protect('app.channel_proposal');

grant select on app.arm_reading, app.channel_proposal to evosense_api, evosense_analyst;
grant insert on app.channel_proposal to evosense_api;
grant update (state, decided_by, decided_at) on app.channel_proposal to evosense_api;
grant select, insert, update, delete on app.arm_reading, app.channel_proposal to evosense_pipeline;
-- A company begins its own experiments and sets its own policy.
grant update (state, ended_at, frozen_at) on app.experiment to evosense_api;
grant insert on app.prompt_policy to evosense_api;
grant update (four_eyes, needs_report) on app.prompt_policy to evosense_api;

-- Inlined into the query that calls it (language sql, stable, invoker's rights): no row more is read than asked for.
create function app.scorable_messages(
    first_day date, last_day date, tenants uuid[], share_bp integer, emotions text[], connections uuid[]
) returns table (tenant_id uuid, message_id uuid, chat_id uuid, local_day date, input_hash bytea)
language sql stable
as $$
select
    m.tenant_id,
    m.id as message_id,
    coalesce(l.chat_id, m.chat_identity_id) as chat_id,
    (m.sent_at at time zone t.timezone)::date as local_day,
    frozen.input_hash
from app.tenant as t
inner join app.message as m on m.tenant_id = t.tenant_id
inner join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
left join app.identity_link as l on l.tenant_id = m.tenant_id and l.identity_id = m.chat_identity_id
left join app.message_score as s on s.tenant_id = m.tenant_id and s.message_id = m.id
left join lateral (
    select i.input_hash
    from app.scoring_input as i
    where i.tenant_id = m.tenant_id and i.message_id = m.id and i.revision = b.revision
    order by i.frozen_at, i.input_hash
    limit 1
) as frozen on true
where
    (tenants is null or t.tenant_id = any(tenants))
    and m.sent_at >= first_day - interval '14 hours'
    and m.sent_at < last_day + interval '36 hours'
    and (m.sent_at at time zone t.timezone)::date between first_day and last_day
    and m.direction = 'in'
    and m.chat_kind = 'individual'
    and b.text is not null
    and b.text <> ''
    and b.deleted_at is null
    and app.bucket('dataset', m.id::text) < share_bp
    and (emotions is null or s.emotion = any(emotions))
    and (connections is null or m.connection_id = any(connections))
$$;
comment on function app.scorable_messages is
'One row per message of a window that a scorer can be asked about: incoming, of a person, with text; its frozen input of the present revision, null when nobody was asked yet.';
revoke execute on function app.scorable_messages from public;
grant execute on function app.scorable_messages to evosense_api, evosense_pipeline, evosense_analyst;
-- Ids and hashes: which input of a message was frozen, so that a preview can say what is answered already.
grant select on app.scoring_input to evosense_api;
