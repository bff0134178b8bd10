-- name: tenants
-- One row per company, whatever its status: tenant_id, whether everything is on hold, and the days that its plan keeps
-- messages; null where its plan is unknown, and then nothing may be deleted.
select
    t.tenant_id,
    t.legal_hold
    or exists (
        select 1 from app.legal_hold as h
        where h.tenant_id = t.tenant_id and h.released_at is null and h.jid_hmacs is null
    ) as is_held,
    case when p.plan_id is not null then app.retention_days(t.tenant_id, %(now)s) end as retention_days,
    case when coalesce(p.store_raw_text, false) then 7 else 3 end as raw_days
from app.tenant as t
left join app.plan as p on p.plan_id = t.plan_id
order by t.tenant_id;

-- name: held_people
-- One row per address of a person of tenant_id on whom a hold is open, with the contact and chat it stands for.
select distinct
    other.identity_id,
    other.contact_id,
    other.chat_id
from app.legal_hold as h
inner join app.identity as i on i.tenant_id = h.tenant_id and i.jid_hmac = any(h.jid_hmacs)
inner join app.identity_link as l on l.tenant_id = i.tenant_id and l.identity_id = i.id
inner join app.identity_link as other
    on
        other.tenant_id = l.tenant_id
        and (other.identity_id = l.identity_id or other.contact_id = l.contact_id)
where h.tenant_id = %(tenant_id)s and h.released_at is null;

-- name: expired_messages
-- One row per message of tenant_id before the cutoff, oldest first, those on hold left out.
select
    m.id,
    m.connection_id,
    m.external_id
from app.message as m
where
    m.tenant_id = %(tenant_id)s
    and m.sent_at < %(cutoff)s
    and m.chat_identity_id <> all(%(held)s::uuid[])
    and (m.author_identity_id is null or m.author_identity_id <> all(%(held)s::uuid[]))
order by m.sent_at, m.id
limit %(batch)s;

-- name: count_expired
-- One row: how many messages of tenant_id lie before the cutoff, those on hold left out.
select count(*) as messages
from app.message as m
where
    m.tenant_id = %(tenant_id)s
    and m.sent_at < %(cutoff)s
    and m.chat_identity_id <> all(%(held)s::uuid[])
    and (m.author_identity_id is null or m.author_identity_id <> all(%(held)s::uuid[]));

-- name: expiring_days
-- One row per local day of tenant_id with messages before the cutoff.
select distinct (m.sent_at at time zone t.timezone)::date as local_day
from app.tenant as t
inner join app.message as m on m.tenant_id = t.tenant_id
where t.tenant_id = %(tenant_id)s and m.tenant_id = %(tenant_id)s and m.sent_at < %(cutoff)s
order by local_day;

-- name: remember_first_seen
-- One row: of how many addresses of tenant_id the first day is remembered, whose messages are about to go.
select app.remember_first_seen(%(tenant_id)s, %(cutoff)s) as addresses;

-- name: delete_events_of
-- No row: edits, deletions, statuses and reactions of messages of tenant_id.
delete from app.message_event as e
using unnest(%(connection_ids)s::uuid[], %(external_ids)s::text[]) as w (connection_id, external_id)
where e.tenant_id = %(tenant_id)s and e.connection_id = w.connection_id and e.external_id = w.external_id;

-- name: delete_messages
-- No row: messages of tenant_id.
delete from app.message where tenant_id = %(tenant_id)s and id = any(%(ids)s::uuid[]);

-- name: delete_lone_events
-- No row: a batch of events of tenant_id before the cutoff whose message is not here.
delete from app.message_event as e
where
    e.tenant_id = %(tenant_id)s
    and e.id in (
        select o.id
        from app.message_event as o
        where
            o.tenant_id = %(tenant_id)s
            and o.occurred_at < %(cutoff)s
            and not exists (
                select 1 from app.message as m
                where
                    m.tenant_id = o.tenant_id and m.connection_id = o.connection_id
                    and m.external_id = o.external_id
            )
        order by o.id
        limit %(batch)s
    );

-- name: delete_raw
-- No row: a batch of raw events of tenant_id received before the cutoff, those about people on hold left out.
with held as (
    select array_agg(one.jid_hmac) as hmacs
    from app.legal_hold as h
    cross join lateral unnest(h.jid_hmacs) as one (jid_hmac)
    where h.tenant_id = %(tenant_id)s and h.released_at is null
),

old as (
    select
        o.received_day,
        o.id
    from raw.evolution_event as o
    cross join held
    where
        o.tenant_id = %(tenant_id)s
        and o.received_day <= %(cutoff)s::date
        and o.received_at < %(cutoff)s
        and not o.chat_hmacs && coalesce(held.hmacs, '{}')
    order by o.received_day, o.id
    limit %(batch)s
)

delete from raw.evolution_event as e
using old
where e.tenant_id = %(tenant_id)s and e.received_day = old.received_day and e.id = old.id;

-- name: count_raw
-- One row: how many raw events of tenant_id were received before the cutoff.
select count(*) as events
from raw.evolution_event as e
where e.tenant_id = %(tenant_id)s and e.received_day <= %(cutoff)s::date and e.received_at < %(cutoff)s;

-- name: lone_identities
-- One row per address of tenant_id that was first seen before the cutoff and has no message left; those on hold left out.
select
    i.id
from app.identity as i
where
    i.tenant_id = %(tenant_id)s
    and i.first_seen_at < %(cutoff)s
    and i.id <> all(%(held)s::uuid[])
    and not exists (
        select 1 from app.message as m
        where m.tenant_id = i.tenant_id and m.chat_identity_id = i.id
    )
    and not exists (
        select 1 from app.message as m
        where m.tenant_id = i.tenant_id and m.author_identity_id = i.id
    )
order by i.id
limit %(batch)s;

-- name: delete_links
-- No row: links of addresses of tenant_id.
delete from app.identity_link where tenant_id = %(tenant_id)s and identity_id = any(%(ids)s::uuid[]);

-- name: delete_identities
-- No row: addresses of tenant_id.
delete from app.identity where tenant_id = %(tenant_id)s and id = any(%(ids)s::uuid[]);

-- name: delete_lone_chats
-- No row: threads of tenant_id that no address stands for any more.
delete from app.chat as c
where
    c.tenant_id = %(tenant_id)s
    and not exists (
        select 1 from app.identity_link as l
        where l.tenant_id = c.tenant_id and l.chat_id = c.id
    );

-- name: delete_lone_contacts
-- No row: people of tenant_id without any address left; who asked not to be written to is remembered without a name.
delete from app.contact as c
where
    c.tenant_id = %(tenant_id)s
    and c.opted_out_at is null
    and not exists (
        select 1 from app.identity_link as l
        where l.tenant_id = c.tenant_id and l.contact_id = c.id
    );

-- name: forget_lone_names
-- No row: names of people of tenant_id of whom only the wish not to be written to is left.
update app.contact as c
set name_enc = null, name_digest = null, name_at = null
where
    c.tenant_id = %(tenant_id)s
    and c.opted_out_at is not null
    and c.name_enc is not null
    and not exists (
        select 1 from app.identity_link as l
        where l.tenant_id = c.tenant_id and l.contact_id = c.id
    );

-- name: add_run
-- No row: what a run of retention found or did for tenant_id.
insert into app.retention_run (tenant_id, id, cutoff, outcome, counts, frozen_days, started_at, ended_at)
values (
    %(tenant_id)s, %(id)s, %(cutoff)s, %(outcome)s, %(counts)s, %(frozen_days)s, %(started_at)s, clock_timestamp()
);

-- name: late_tenants
-- One row per company that keeps a message a day longer than its plan says (holds left out): tenant_id and the time of
-- its oldest such message.
with held as (
    select
        h.tenant_id,
        other.identity_id
    from app.legal_hold as h
    inner join app.identity as i on i.tenant_id = h.tenant_id and i.jid_hmac = any(h.jid_hmacs)
    inner join app.identity_link as l on l.tenant_id = i.tenant_id and l.identity_id = i.id
    inner join app.identity_link as other
        on
            other.tenant_id = l.tenant_id
            and (other.identity_id = l.identity_id or other.contact_id = l.contact_id)
    where h.released_at is null
)

select
    t.tenant_id,
    min(m.sent_at) as oldest
from app.tenant as t
inner join app.message as m
    on
        m.tenant_id = t.tenant_id
        and m.sent_at < %(now)s::timestamptz - make_interval(days => app.retention_days(t.tenant_id, %(now)s) + 1)
where
    not t.legal_hold
    and not exists (
        select 1 from app.legal_hold as h
        where h.tenant_id = t.tenant_id and h.released_at is null and h.jid_hmacs is null
    )
    and not exists (
        select 1 from held
        where held.tenant_id = t.tenant_id and held.identity_id in (m.chat_identity_id, m.author_identity_id)
    )
group by t.tenant_id
order by t.tenant_id;

-- name: unknown_plans
-- One row per tenant_id whose plan is unknown, so that nothing of it is ever deleted.
select t.tenant_id
from app.tenant as t
left join app.plan as p on p.plan_id = t.plan_id
where p.plan_id is null;
