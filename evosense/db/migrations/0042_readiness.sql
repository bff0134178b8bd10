-- run-as: login
-- /ready compares what is applied with what the code brings; the table belongs to the login that migrates.
grant select on public.evosense_migration to evosense_api;
