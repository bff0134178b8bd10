-- name: store_reading
-- No row: what the monitor sees of an arm of a tenant_id now takes the place of what it saw before.
insert into app.arm_reading (tenant_id, experiment_id, arm, reading)
values (%(tenant_id)s, %(experiment_id)s, %(arm)s, %(reading)s::jsonb)
on conflict (tenant_id, experiment_id, arm) do update set reading = excluded.reading, read_at = now();

-- name: readings
-- One row per arm of an experiment of a tenant_id that the monitor has looked at.
select
    r.arm,
    r.read_at,
    r.reading
from app.arm_reading as r
where r.tenant_id = %(tenant_id)s and r.experiment_id = %(experiment_id)s
order by r.arm;

-- name: sweep_stopped
-- One row: how many waiting calls of experiments of every tenant_id that ended lately were taken back.
with dropped as (
    delete from app.ai_task as t
    using app.experiment as e
    where
        t.run_id = e.id
        and e.tenant_id in (t.tenant_id, app.everyone())
        and e.state in ('stopped', 'promoted', 'futile', 'harm_stopped')
        and e.ended_at > now() - interval '1 day'
    returning t.id
)

select count(*)::int as dropped
from dropped;
