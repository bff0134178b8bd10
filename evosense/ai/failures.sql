-- name: failures
-- One row per class of given-up work of the models, of one tenant_id or of all (null), not replayed yet: how many,
-- first and last.
select
    f.kind,
    coalesce(f.purpose, 'prod') as purpose,
    f.error_class,
    count(*) as tasks,
    min(f.failed_at) as first_at,
    max(f.failed_at) as last_at
from app.failed_task as f
where
    f.kind in ('score', 'embed')
    and f.replayed_at is null
    and (%(tenant_id)s::uuid is null or f.tenant_id = %(tenant_id)s)
group by f.kind, coalesce(f.purpose, 'prod'), f.error_class
order by count(*) desc, f.kind asc, f.error_class asc;

-- name: replay
-- One row: how many given-up tasks were asked for again, of one tenant_id or of all (null) and of one error class or
-- of all (null). Each goes behind live work; one whose message is gone ends at its next claim.
with chosen as (
    update app.failed_task as f
    set replayed_at = now()
    where
        f.kind in ('score', 'embed')
        and f.replayed_at is null
        and f.subject_id is not null
        and (%(tenant_id)s::uuid is null or f.tenant_id = %(tenant_id)s)
        and (%(error_class)s::text is null or f.error_class = %(error_class)s)
    returning
        f.tenant_id, f.kind, f.subject_id, f.purpose, f.prompt_hash, f.config_hash, f.replicate, f.run_id, f.lane
),

asked as (
    insert into app.ai_task (
        tenant_id, id, kind, purpose, lane, message_id, prompt_hash, config_hash, replicate, run_id, shard
    )
    select
        d.tenant_id,
        gen_random_uuid() as task_id,
        d.kind,
        d.purpose,
        d.lane,
        d.subject_id,
        d.prompt_hash,
        d.config_hash,
        d.replicate,
        d.run_id,
        d.shard
    from (
        select distinct on (1, 2, 3, 4, 6, 7, 8)
            c.tenant_id,
            c.kind,
            c.subject_id,
            coalesce(c.purpose, 'prod') as purpose,
            greatest(coalesce(c.lane, 4), 1)::smallint as lane,
            coalesce(c.prompt_hash, '') as prompt_hash,
            coalesce(c.config_hash, '') as config_hash,
            coalesce(c.replicate, 0)::smallint as replicate,
            c.run_id,
            (get_byte(uuid_send(m.chat_identity_id), 15) & 63)::smallint as shard
        from chosen as c
        inner join app.message as m on m.tenant_id = c.tenant_id and m.id = c.subject_id
    ) as d
    on conflict (tenant_id, kind, message_id, purpose, prompt_hash, config_hash, replicate) do nothing
    returning id
)

select count(*)::int as replayed
from asked;
