-- A name is encrypted, so whether it changed is told by a digest, and which one is newer by its time.
alter table app.contact
add column name_digest bytea,
add column name_at timestamptz;
comment on column app.contact.name_digest is
'HMAC of the name with the tenant''s identity key (8 bytes): equal names need no new ciphertext.';
