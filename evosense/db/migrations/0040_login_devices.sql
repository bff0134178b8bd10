-- A refresh token that comes twice within seconds from the device that just used it is a double click, not a
-- thief: it is refused, but its family lives on.
alter table app.refresh_token add column device_hash bytea;
comment on column app.refresh_token.device_hash is 'SHA-256 over the address and browser that got the token.';

-- In 0003 the function had changed hands before its rights were set, so that Postgres only warned and everybody could
-- call it. Its owner sets them.
set local role evosense_auth;
revoke all on function app.find_login(text) from public;
grant execute on function app.find_login(text) to evosense_api;
set local role evosense_owner;
