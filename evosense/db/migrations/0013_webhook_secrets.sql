-- A webhook proves itself by the secret itself (its hash is enough) or by a JWT signed with it, which needs the secret.
alter table app.connection add column webhook_secret_enc bytea;
comment on column app.connection.webhook_secret_enc is
'The webhook''s secret, encrypted with the tenant''s data key: Evolution signs HS256 tokens with it (jwt_key).';
