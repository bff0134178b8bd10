-- name: is_reader
-- One row where user_id of tenant_id gets alerts by mail, none otherwise.
select r.user_id
from app.alert_reader as r
where r.tenant_id = %(tenant_id)s and r.user_id = %(user_id)s;

-- name: begin
-- No row: user_id of tenant_id gets alerts by mail.
insert into app.alert_reader (tenant_id, user_id)
values (%(tenant_id)s, %(user_id)s)
on conflict do nothing;

-- name: end
-- No row: user_id of tenant_id gets no alerts by mail.
delete from app.alert_reader as r
where r.tenant_id = %(tenant_id)s and r.user_id = %(user_id)s;

-- name: next_reader
-- At most one row: somebody of any tenant_id who is to be told of their yesterday, locked. From hour o'clock of their
-- company's day on, and only where the company still has access.
select
    r.tenant_id,
    r.user_id,
    u.email,
    t.name as company,
    (now() at time zone t.timezone)::date - 1 as local_day
from app.alert_reader as r
inner join app.app_user as u on u.tenant_id = r.tenant_id and u.user_id = r.user_id
inner join app.tenant as t on t.tenant_id = r.tenant_id
where
    u.disabled_at is null
    and t.status in ('trial', 'active', 'grace')
    and r.told_day is distinct from (now() at time zone t.timezone)::date - 1
    and extract(hour from now() at time zone t.timezone) >= %(hour)s
order by r.tenant_id, r.user_id
limit 1
for update of r skip locked;

-- name: mark_told
-- No row: user_id of tenant_id was told of local_day.
update app.alert_reader as r
set told_day = %(local_day)s
where r.tenant_id = %(tenant_id)s and r.user_id = %(user_id)s;
