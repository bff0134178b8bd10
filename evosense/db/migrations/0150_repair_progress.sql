-- A link that is cut more often than its gap can be read would never be repaired, if each time it began anew.
alter table app.ingestion_gap add column read_until timestamptz;
comment on column app.ingestion_gap.read_until is
'Up to where an open gap was fetched and stored; whoever goes on with it begins there.';
