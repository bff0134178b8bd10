-- name: gaps
-- One row per gap of a connection (null: of any) that touches the period, oldest first, with the tenant's timezone.
select
    g.id as gap_id,
    g.connection_id,
    g.from_at,
    g.to_at,
    g.cause,
    g.state,
    g.recovered,
    t.timezone
from app.tenant as t
inner join app.ingestion_gap as g on g.tenant_id = t.tenant_id
where
    t.tenant_id = %(tenant_id)s
    and (%(connection_id)s::uuid is null or g.connection_id = %(connection_id)s::uuid)
    and g.to_at >= (%(from_day)s::date::timestamp at time zone t.timezone)
    and g.from_at < ((%(to_day)s::date + 1)::timestamp at time zone t.timezone)
order by g.from_at, g.id;
