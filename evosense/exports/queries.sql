-- name: add_export
-- No row: an export was asked for by somebody of tenant_id.
insert into app.export_job (
    tenant_id, id, dataset, format, first_day, last_day, state, schedule_id, requested_by, expires_at
) values (
    %(tenant_id)s, %(id)s, %(dataset)s, %(format)s, %(first_day)s, %(last_day)s, %(state)s, %(schedule_id)s,
    %(requested_by)s, %(expires_at)s
);

-- name: get_export
-- At most one row: an export of tenant_id.
select
    e.tenant_id,
    e.id,
    e.dataset,
    e.format,
    e.first_day,
    e.last_day,
    e.state,
    e.schedule_id,
    e.requested_by,
    e.requested_at,
    e.expires_at,
    e.started_at,
    e.ended_at,
    e.rows_total,
    e.rows_done,
    e.bytes_done,
    e.fetches
from app.export_job as e
where e.tenant_id = %(tenant_id)s and e.id = %(id)s;

-- name: list_exports
-- One row per export of tenant_id, newest first.
select
    e.tenant_id,
    e.id,
    e.dataset,
    e.format,
    e.first_day,
    e.last_day,
    e.state,
    e.schedule_id,
    e.requested_by,
    e.requested_at,
    e.expires_at,
    e.started_at,
    e.ended_at,
    e.rows_total,
    e.rows_done,
    e.bytes_done,
    e.fetches
from app.export_job as e
where e.tenant_id = %(tenant_id)s and (%(before)s::uuid is null or e.id < %(before)s)
order by e.id desc
limit %(limit)s;

-- name: begin_fetch
-- No row: a fetch of an export of tenant_id begins; rows_total null where it is not known beforehand.
update app.export_job
set
    state = 'streaming', started_at = clock_timestamp(), ended_at = null, rows_total = %(rows_total)s, rows_done = 0,
    bytes_done = 0, fetches = fetches + 1
where tenant_id = %(tenant_id)s and id = %(id)s;

-- name: note_progress
-- No row: how far the fetch of an export of tenant_id is.
update app.export_job
set rows_done = %(rows_done)s, bytes_done = %(bytes_done)s
where tenant_id = %(tenant_id)s and id = %(id)s;

-- name: end_fetch
-- No row: the fetch of an export of tenant_id ended, with everything (done) or before its end (failed).
update app.export_job
set
    state = %(state)s, ended_at = clock_timestamp(), rows_done = %(rows_done)s, bytes_done = %(bytes_done)s,
    rows_total = case when %(state)s = 'done' then %(rows_done)s else rows_total end
where tenant_id = %(tenant_id)s and id = %(id)s;

-- name: add_schedule
-- No row: a report of tenant_id that is made by itself.
insert into app.report_schedule (tenant_id, id, name, dataset, format, every, created_by)
values (%(tenant_id)s, %(id)s, %(name)s, %(dataset)s, %(format)s, %(every)s, %(created_by)s);

-- name: list_schedules
-- One row per report of tenant_id, in order of name.
select
    r.tenant_id,
    r.id,
    r.name,
    r.dataset,
    r.format,
    r.every,
    r.created_by,
    r.created_at,
    r.last_period
from app.report_schedule as r
where r.tenant_id = %(tenant_id)s and r.deleted_at is null
order by r.name, r.id;

-- name: drop_schedule
-- One row (its id) when there was such a report of tenant_id.
update app.report_schedule
set deleted_at = now()
where tenant_id = %(tenant_id)s and id = %(id)s and deleted_at is null
returning id;

-- name: due_schedules
-- One row per report, of whatever tenant_id, whose latest complete period (in the tenant's calendar) is not made yet.
with calendar as (
    select
        r.tenant_id,
        r.id,
        r.name,
        r.dataset,
        r.format,
        r.every,
        r.created_by,
        r.created_at,
        r.last_period,
        date_trunc(r.every, %(now)s::timestamptz at time zone t.timezone)::date - 1 as period_end
    from app.report_schedule as r
    inner join app.tenant as t on t.tenant_id = r.tenant_id
    where r.deleted_at is null and t.status in ('trial', 'active', 'grace')
)

select
    c.tenant_id,
    c.id,
    c.dataset,
    c.format,
    date_trunc(c.every, c.period_end::timestamp)::date as first_day,
    c.period_end as last_day
from calendar as c
where c.last_period is null or c.last_period < c.period_end
order by c.tenant_id, c.id;

-- name: claim_period
-- One row (its id) when this report of tenant_id was not made for the period by somebody else meanwhile.
update app.report_schedule
set last_period = %(last_day)s
where
    tenant_id = %(tenant_id)s and id = %(id)s and deleted_at is null
    and (last_period is null or last_period < %(last_day)s)
returning id;
