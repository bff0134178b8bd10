-- name: register
-- At most one row: the version number of a prompt version that was new under its tenant_id.
insert into app.prompt_version (
    tenant_id, prompt_hash, name, version_no, canonical, template, output_schema, parent_hash, author
)
select
    %(tenant_id)s,
    %(prompt_hash)s,
    %(name)s,
    coalesce(
        (
            select max(v.version_no)
            from app.prompt_version as v
            where v.tenant_id = %(tenant_id)s and v.name = %(name)s
        ), 0
    ) + 1 as version_no,
    %(canonical)s,
    %(template)s::jsonb,
    %(output_schema)s::jsonb,
    %(parent_hash)s,
    %(author)s
on conflict (tenant_id, prompt_hash) do nothing
returning version_no;

-- name: find_version
-- At most one row: a version that a tenant_id may use (its own or everybody's).
select distinct v.prompt_hash
from app.prompt_version as v
where v.tenant_id in (%(tenant_id)s, app.everyone()) and v.prompt_hash = %(prompt_hash)s;

-- name: open_channel
-- At most one row: a channel that did not exist under its tenant_id and points to a version now.
insert into app.prompt_channel (tenant_id, name, channel, prompt_hash)
values (%(tenant_id)s, %(name)s, %(channel)s, %(prompt_hash)s)
on conflict (tenant_id, name, channel) do nothing
returning prompt_hash;

-- name: record_move
-- No row: who moved a channel of a tenant_id, from where to where and why.
insert into app.channel_event (tenant_id, id, name, channel, from_hash, to_hash, actor, reason)
values (
    %(tenant_id)s, %(id)s, %(name)s, %(channel)s, %(from_hash)s, %(to_hash)s, %(actor)s, %(reason)s
);

-- name: champions
-- One row per given tenant_id: the version its channel points to, its own channel before everybody's.
select
    g.tenant_id,
    coalesce(mine.prompt_hash, shared.prompt_hash) as prompt_hash
from unnest(%(tenant_ids)s::uuid[]) as g (tenant_id)
left join app.prompt_channel as mine
    on mine.tenant_id = g.tenant_id and mine.name = %(name)s and mine.channel = %(channel)s
left join app.prompt_channel as shared
    on shared.tenant_id = app.everyone() and shared.name = %(name)s and shared.channel = %(channel)s;

-- name: versions
-- One row per given (tenant_id, hash): the version, the tenant's own or everybody's.
select distinct on (g.tenant_id, g.prompt_hash)
    g.tenant_id,
    g.prompt_hash,
    v.template,
    v.output_schema
from unnest(%(tenant_ids)s::uuid[], %(prompt_hashes)s::text[]) as g (tenant_id, prompt_hash)
inner join app.prompt_version as v
    on v.tenant_id in (g.tenant_id, app.everyone()) and v.prompt_hash = g.prompt_hash
order by g.tenant_id asc, g.prompt_hash asc, v.tenant_id desc;
