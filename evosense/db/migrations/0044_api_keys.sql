-- Who made a key, and until when it is good.

alter table app.api_key
add column created_by text not null default 'unknown',
add column expires_at timestamptz,
add constraint api_key_name_length check (length(name) between 1 and 80);
comment on column app.api_key.prefix is 'The first characters of the key, so that people can tell theirs apart.';

-- Another timezone cuts the days elsewhere. What that touches is told through app.dirty like any other change: marks of
-- a build that is running are cleared when it ends.
revoke insert, update on app.stale_day, app.stale_chat from evosense_api;
grant insert on app.dirty to evosense_api;
