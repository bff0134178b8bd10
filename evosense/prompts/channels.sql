-- name: versions_by_name
-- One row per version of a prompt name that a tenant_id may use (its own and everybody's), newest first.
select
    v.tenant_id = app.everyone() as is_shared,
    v.prompt_hash,
    v.name,
    v.version_no,
    v.template,
    v.output_schema,
    v.parent_hash,
    v.author,
    v.created_at,
    array(
        select c.channel
        from app.prompt_channel as c
        where
            c.tenant_id in (%(tenant_id)s, app.everyone())
            and c.name = v.name
            and c.prompt_hash = v.prompt_hash
            and (
                c.tenant_id = %(tenant_id)s
                or not exists (
                    select 1 from app.prompt_channel as o
                    where o.tenant_id = %(tenant_id)s and o.name = c.name and o.channel = c.channel
                )
            )
        order by c.channel
    ) as channels
from app.prompt_version as v
where
    v.tenant_id in (%(tenant_id)s, app.everyone())
    and (%(name)s::text is null or v.name = %(name)s)
    and (%(prompt_hash)s::text is null or v.prompt_hash = %(prompt_hash)s)
order by v.name asc, v.created_at desc, v.version_no desc;

-- name: channels
-- One row per channel of a prompt name as it holds for a tenant_id: its own row, else everybody's.
select distinct on (c.name, c.channel)
    c.name,
    c.channel,
    c.prompt_hash,
    c.tenant_id <> %(tenant_id)s as is_inherited,
    c.updated_at
from app.prompt_channel as c
where
    c.tenant_id in (%(tenant_id)s, app.everyone())
    and (%(name)s::text is null or c.name = %(name)s)
order by c.name asc, c.channel asc, c.tenant_id = %(tenant_id)s desc;

-- name: lock_channel
-- At most one row: what a tenant_id's own channel points to, locked until the end of the transaction.
select c.prompt_hash
from app.prompt_channel as c
where c.tenant_id = %(tenant_id)s and c.name = %(name)s and c.channel = %(channel)s
for update;

-- name: point_channel
-- No row: lets a tenant_id's own channel point to a version.
insert into app.prompt_channel (tenant_id, name, channel, prompt_hash)
values (%(tenant_id)s, %(name)s, %(channel)s, %(prompt_hash)s)
on conflict (tenant_id, name, channel) do update set prompt_hash = excluded.prompt_hash, updated_at = now();

-- name: drop_channel
-- No row: a tenant_id's own channel goes, so that everybody's holds again.
delete from app.prompt_channel as c
where c.tenant_id = %(tenant_id)s and c.name = %(name)s and c.channel = %(channel)s;

-- name: record_event
-- No row: who moved a channel of a tenant_id, from where to where, who agreed, why, on what report.
insert into app.channel_event (
    tenant_id, id, name, channel, from_hash, to_hash, actor, approver, reason, report_hash
)
values (
    %(tenant_id)s, %(id)s, %(name)s, %(channel)s, %(from_hash)s, %(to_hash)s, %(actor)s, %(approver)s,
    %(reason)s, %(report_hash)s
);

-- name: events
-- One row per move of a tenant_id's channels (and of everybody's), newest first.
select
    e.id,
    e.tenant_id = app.everyone() as is_shared,
    e.name,
    e.channel,
    e.from_hash,
    e.to_hash,
    e.actor,
    e.approver,
    e.reason,
    e.report_hash,
    e.at
from app.channel_event as e
where
    e.tenant_id in (%(tenant_id)s, app.everyone())
    and (%(name)s::text is null or e.name = %(name)s)
    and (%(channel)s::text is null or e.channel = %(channel)s)
    and (%(before)s::uuid is null or e.id < %(before)s)
order by e.id desc
limit %(limit)s;

-- name: last_own_event
-- At most one row: the latest move of a tenant_id's own channel.
select
    e.from_hash,
    e.to_hash,
    e.approver
from app.channel_event as e
where e.tenant_id = %(tenant_id)s and e.name = %(name)s and e.channel = %(channel)s
order by e.at desc, e.id desc
limit 1;

-- name: policy
-- At most one row: what a move of a prompt name's champion needs, the tenant_id's own rule before everybody's.
select
    p.four_eyes,
    p.needs_report
from app.prompt_policy as p
where p.tenant_id in (%(tenant_id)s, app.everyone()) and p.name = %(name)s
order by p.tenant_id = %(tenant_id)s desc
limit 1;

-- name: set_policy
-- No row: what a move of a prompt name's champion needs from now on under a tenant_id.
insert into app.prompt_policy (tenant_id, name, four_eyes, needs_report)
values (%(tenant_id)s, %(name)s, %(four_eyes)s, %(needs_report)s)
on conflict (tenant_id, name) do update set
    four_eyes = excluded.four_eyes,
    needs_report = excluded.needs_report;
