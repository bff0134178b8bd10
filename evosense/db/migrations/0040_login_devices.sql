-- A refresh token that comes twice within seconds from the device that just used it is a double click, not a
-- thief: it is refused, but its family lives on.
alter table app.refresh_token add column device_hash bytea;
comment on column app.refresh_token.device_hash is 'SHA-256 over the address and browser that got the token.';
