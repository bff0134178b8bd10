-- name: is_built
-- One row: whether the warehouse has been built, with the columns of now.
select
    count(*) = 9
    and coalesce(
        (
            select b.shape = %(shape)s
            from app.warehouse_build as b
            order by b.id desc
            limit 1
        ), false
    ) as is_built
from pg_catalog.pg_tables as t
where
    t.schemaname = 'analytics'
    and t.tablename in (
        'fct_conversations', 'fct_hourly_kpis', 'fct_daily_kpis', 'fct_daily_emotions', 'fct_contact_days',
        'fct_daily_coverage', 'fct_daily_inferences', 'mart_prompt_compare', 'mart_what_if_kpis'
    );

-- name: take_turn
-- One row: waits until no other build or marking is under way; ends with the session.
select pg_advisory_lock(hashtext('evosense.warehouse'));

-- name: try_to_take_turn
-- One row: whether no other build or marking is under way; if so it is ours until let go.
select pg_try_advisory_lock(hashtext('evosense.warehouse')) as is_ours;

-- name: let_go
-- One row: ends our turn.
select pg_advisory_unlock(hashtext('evosense.warehouse'));

-- name: mark
-- No row: takes all rows of app.dirty away and marks what they mean for the warehouse as built: spans of chats, and
-- days. A span begins and ends outside of any conversation, so it can be computed again without looking around.
with gone as (
    delete from app.dirty as d
    using app.tenant as t
    where t.tenant_id = d.tenant_id
    returning
        d.tenant_id,
        d.chat_identity_id,
        d.local_day,
        d.cause,
        (d.created_at at time zone t.timezone)::date as made_on,
        t.timezone,
        make_interval(hours => t.session_gap_hours) as session_gap,
        -- No timezone is more than 14 hours from UTC.
        (d.local_day::timestamp at time zone 'UTC') - interval '14 hours' as day_from,
        (d.local_day::timestamp at time zone 'UTC') + interval '1 day 12 hours' as day_to
),

took as (
    update app.marking as m
    set taken = m.taken + 1
    where exists (select 1 from gone)
),

concerned as (
    select distinct
        g.tenant_id,
        g.session_gap,
        g.day_from,
        g.day_to,
        coalesce(l.chat_id, g.chat_identity_id) as chat_id,
        g.cause = 'link' as is_whole
    from gone as g
    left join app.identity_link as l on l.tenant_id = g.tenant_id and l.identity_id = g.chat_identity_id
),

spans as (
    select
        c.tenant_id,
        c.chat_id,
        least(c.day_from, min(f.started_at)) as from_at,
        greatest(c.day_to, max(f.last_message_at)) as to_at
    from concerned as c
    left join analytics.fct_conversations as f
        on
            f.tenant_id = c.tenant_id
            and f.chat_id = c.chat_id
            and f.started_at <= c.day_to + c.session_gap
            and f.last_message_at >= c.day_from - c.session_gap
    where not c.is_whole
    group by c.tenant_id, c.chat_id, c.day_from, c.day_to
    union all
    select
        c.tenant_id,
        c.chat_id,
        '-infinity' as from_at,
        'infinity' as to_at
    from concerned as c
    where c.is_whole
    union all
    -- An address that moved to another chat leaves the conversations of the former one behind.
    select
        f.tenant_id,
        f.chat_id,
        '-infinity' as from_at,
        'infinity' as to_at
    from gone as g
    inner join analytics.fct_conversations as f
        on f.tenant_id = g.tenant_id and f.chat_identity_ids @> array[g.chat_identity_id]
    where g.cause = 'link'
),

chats as (
    select
        s.tenant_id,
        s.chat_id,
        min(s.from_at) as from_at,
        max(s.to_at) as to_at
    from spans as s
    group by s.tenant_id, s.chat_id
),

marked_chats as (
    insert into app.stale_chat as stale (tenant_id, chat_id, from_at, to_at)
    select
        c.tenant_id,
        c.chat_id,
        c.from_at,
        c.to_at
    from chats as c
    on conflict (tenant_id, chat_id) do update
        set from_at = least(stale.from_at, excluded.from_at), to_at = greatest(stale.to_at, excluded.to_at)
)

insert into app.stale_day (tenant_id, local_day)
select
    g.tenant_id,
    g.local_day
from gone as g
union
-- A score changes two days: that of its message, and that on which the model answered.
select
    g.tenant_id,
    g.made_on
from gone as g
where g.cause <> 'rebuild'
union
-- Whoever an address belongs to, all its days count their contacts again.
select
    g.tenant_id,
    (m.sent_at at time zone g.timezone)::date as local_day
from gone as g
inner join app.message as m on m.tenant_id = g.tenant_id and m.chat_identity_id = g.chat_identity_id
where g.cause = 'link'
union
-- The days on which the conversations began as they are built; those on which they will begin are found by the build.
select
    f.tenant_id,
    f.local_day
from chats as c
inner join analytics.fct_conversations as f
    on
        f.tenant_id = c.tenant_id
        and f.chat_id = c.chat_id
        and f.started_at between c.from_at and c.to_at
on conflict (tenant_id, local_day) do nothing;

-- name: mark_before_first_build
-- No row: takes all rows of app.dirty away when nothing is built yet and everything is going to be.
with gone as (
    delete from app.dirty as d
    where d.tenant_id is not null
    returning d.tenant_id, d.chat_identity_id, d.local_day
),

took as (
    update app.marking as m
    set taken = m.taken + 1
    where exists (select 1 from gone)
),

marked_chats as (
    insert into app.stale_chat (tenant_id, chat_id, from_at, to_at)
    select distinct
        g.tenant_id,
        coalesce(l.chat_id, g.chat_identity_id) as chat_id,
        '-infinity'::timestamptz as from_at,
        'infinity'::timestamptz as to_at
    from gone as g
    left join app.identity_link as l on l.tenant_id = g.tenant_id and l.identity_id = g.chat_identity_id
    on conflict (tenant_id, chat_id) do update set from_at = excluded.from_at, to_at = excluded.to_at
)

insert into app.stale_day (tenant_id, local_day)
select distinct
    g.tenant_id,
    g.local_day
from gone as g
on conflict (tenant_id, local_day) do nothing;

-- name: ask_for_days
-- No row: asks for local days to be built again, of one tenant or (tenant_id null) of all: whatever is said or begins
-- on them, and the days themselves, so that rows that have lost their reason go.
with days as (
    select
        t.tenant_id,
        t.timezone,
        d.local_day::date as local_day,
        (d.local_day::date::timestamp at time zone 'UTC') - interval '14 hours' as read_from,
        (d.local_day::date::timestamp at time zone 'UTC') + interval '1 day 12 hours' as read_to
    from app.tenant as t
    cross join generate_series(%(from_day)s::date, %(to_day)s::date, interval '1 day') as d (local_day)
    where %(tenant_id)s::uuid is null or t.tenant_id = %(tenant_id)s::uuid
),

marked_days as (
    insert into app.stale_day (tenant_id, local_day)
    select
        d.tenant_id,
        d.local_day
    from days as d
    on conflict (tenant_id, local_day) do nothing
)

insert into app.dirty (tenant_id, chat_identity_id, local_day, cause)
select distinct
    m.tenant_id,
    m.chat_identity_id,
    d.local_day,
    'rebuild' as cause
from days as d
inner join app.message as m
    on
        m.tenant_id = d.tenant_id
        and m.sent_at >= d.read_from
        and m.sent_at < d.read_to
        and (m.sent_at at time zone d.timezone)::date = d.local_day
where m.chat_kind = 'individual';

-- name: ask_for_conversations
-- No row: asks for the conversations built for local days to be built again, of one tenant or (tenant_id null) of all.
insert into app.stale_chat as stale (tenant_id, chat_id, from_at, to_at)
select
    f.tenant_id,
    f.chat_id,
    min(f.started_at) as from_at,
    max(f.last_message_at) as to_at
from analytics.fct_conversations as f
where
    f.local_day between %(from_day)s and %(to_day)s
    and (%(tenant_id)s::uuid is null or f.tenant_id = %(tenant_id)s::uuid)
group by f.tenant_id, f.chat_id
on conflict (tenant_id, chat_id) do update
    set from_at = least(stale.from_at, excluded.from_at), to_at = greatest(stale.to_at, excluded.to_at);

-- name: clear_chats
-- No row: every marked chat of every tenant is built.
delete from app.stale_chat where tenant_id is not null;

-- name: take_days
-- No row: the build that follows reads every day of every tenant that is marked by now.
update app.stale_day
set taken = marks
where tenant_id is not null;

-- name: clear_days
-- No row: every day of every tenant that was taken is built. What was marked again meanwhile waits for the next build.
delete from app.stale_day where tenant_id is not null and taken = marks;

-- name: now
-- One row: the time of the database.
select clock_timestamp() as moment;

-- name: remember_build
-- No row: a build that began at began_at succeeded, and marts have this shape.
insert into app.warehouse_build (began_at, shape, project) values (%(began_at)s, %(shape)s, %(project)s);

-- name: last_project
-- At most one row: with which text of the dbt project the warehouse was built last.
select b.project
from app.warehouse_build as b
order by b.id desc
limit 1;

-- name: forget_builds
-- No row: of the builds before, the newest hundred are kept.
delete from app.warehouse_build as b
where b.id <= (select max(n.id) - 100 from app.warehouse_build as n);

-- name: backlog
-- One row: how much waits for the next build, over all tenants. Closed days are over in their tenant's timezone.
select
    (select count(*) from app.stale_chat) as chats,
    count(*) as days,
    count(*) filter (where s.local_day < (now() at time zone t.timezone)::date) as closed_days
from app.stale_day as s
inner join app.tenant as t on t.tenant_id = s.tenant_id;

-- name: marked_days
-- One row per local day that is marked for any tenant.
select s.local_day
from app.stale_day as s
where s.tenant_id is not null
group by s.local_day
order by s.local_day;
