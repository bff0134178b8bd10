-- name: last_build
-- One row: seconds since the last build of the warehouse that succeeded began; null where there is none.
select extract(epoch from now() - max(b.began_at))::double precision as seconds
from app.warehouse_build as b;

-- name: recent_gaps
-- One row: over all tenants, stretches of the last days in which a connection may have missed messages: those that
-- have been open for hours, those whose messages can't come back, and all.
select
    count(*) filter (
        where g.state = 'open' and g.created_at < now() - make_interval(hours => %(hours)s)
    ) as left_open,
    count(*) filter (where g.state in ('partial', 'lost')) as lost,
    count(*) as gaps,
    count(distinct g.tenant_id) as tenants
from app.ingestion_gap as g
where g.tenant_id is not null and g.to_at > now() - make_interval(days => %(days)s);
