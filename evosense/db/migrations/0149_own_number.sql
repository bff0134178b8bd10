-- The plain gateway tells no direction; the account's own number, where it is given, does.
alter table app.connection add column own_number_enc bytea;
comment on column app.connection.own_number_enc is
'The number of the account itself as an address, encrypted; on a plain gateway it tells who wrote.';
