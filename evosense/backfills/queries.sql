-- name: add_backfill
-- No row: days of tenant_id (everybody's: nil) are to be worked on again.
insert into app.backfill_request (tenant_id, id, kind, first_day, last_day, requested_by)
values (%(tenant_id)s, %(id)s, %(kind)s, %(first_day)s, %(last_day)s, %(requested_by)s);

-- name: same_backfill
-- At most one row: a request of tenant_id for these days that nobody has begun yet.
select b.id
from app.backfill_request as b
where
    b.tenant_id = %(tenant_id)s and b.kind = %(kind)s and b.state = 'requested'
    and b.first_day = %(first_day)s and b.last_day = %(last_day)s;

-- name: get_backfill
-- At most one row: a request of tenant_id.
select
    b.tenant_id,
    b.id,
    b.kind,
    b.first_day,
    b.last_day,
    b.state,
    b.requested_by,
    b.requested_at,
    b.attempts,
    b.run_id,
    b.started_at,
    b.ended_at,
    b.items,
    b.items_done,
    b.error_class
from app.backfill_request as b
where b.tenant_id = %(tenant_id)s and b.id = %(id)s;

-- name: list_backfills
-- One row per request of tenant_id, newest first.
select
    b.tenant_id,
    b.id,
    b.kind,
    b.first_day,
    b.last_day,
    b.state,
    b.requested_by,
    b.requested_at,
    b.attempts,
    b.run_id,
    b.started_at,
    b.ended_at,
    b.items,
    b.items_done,
    b.error_class
from app.backfill_request as b
where b.tenant_id = %(tenant_id)s and (%(before)s::uuid is null or b.id < %(before)s)
order by b.id desc
limit %(limit)s;

-- name: open_backfills
-- One row per request of whatever tenant_id that is not over, oldest first.
select
    b.tenant_id,
    b.id,
    b.kind,
    b.first_day,
    b.last_day,
    b.state,
    b.requested_by,
    b.requested_at,
    b.attempts,
    b.run_id,
    b.started_at,
    b.ended_at,
    b.items,
    b.items_done,
    b.error_class
from app.backfill_request as b
where b.tenant_id is not null and b.state in ('requested', 'running')
order by b.requested_at, b.id;

-- name: begin_backfill
-- One row (its attempts) when the request of tenant_id is open: a run works on it now.
update app.backfill_request
set
    state = 'running', attempts = attempts + 1, run_id = %(run_id)s, started_at = now(), ended_at = null,
    error_class = null
where tenant_id = %(tenant_id)s and id = %(id)s and state in ('requested', 'running')
returning attempts;

-- name: note_items
-- No row: how far the request of tenant_id is.
update app.backfill_request
set items = %(items)s, items_done = %(items_done)s
where tenant_id = %(tenant_id)s and id = %(id)s;

-- name: end_backfill
-- One row (its id) when the request of tenant_id was open and is over now.
update app.backfill_request
set state = %(state)s, ended_at = now(), error_class = %(error_class)s
where tenant_id = %(tenant_id)s and id = %(id)s and state in ('requested', 'running')
returning id;

-- name: cancel_backfill
-- One row (its id) when the request of tenant_id was open; a run that works on it stops at its next look.
update app.backfill_request
set state = 'canceled', ended_at = now()
where tenant_id = %(tenant_id)s and id = %(id)s and state in ('requested', 'running')
returning id;
