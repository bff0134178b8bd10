-- Which listener processes live, so that they can share connections evenly.
create table app.listener (
    owner text primary key,
    seen_at timestamptz not null default now()
);
comment on table app.listener is
'One row per running listener process; one that is not seen for 9 s is dead and its leases are taken over.';
grant select, insert, update, delete on app.listener to evosense_pipeline;
grant select on app.listener to evosense_api;
