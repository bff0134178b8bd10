-- name: names_of_connections
-- One row per connection of the tenant with one of the ids.
select
    c.id,
    c.name
from app.connection as c
where c.tenant_id = %(tenant_id)s and c.id = any(%(ids)s::uuid[]);

-- name: names_of_authors
-- One row per user of the tenant with one of the ids.
select
    u.user_id as id,
    u.name
from app.app_user as u
where u.tenant_id = %(tenant_id)s and u.user_id = any(%(ids)s::uuid[]);
