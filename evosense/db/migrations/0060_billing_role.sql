-- run-as: login
-- One role more: a Stripe webhook arrives before its tenant is known, so the API stores it through one narrow
-- function that runs as evosense_billing. The role can't log in and may insert into that one table only.

do $$
begin
    begin
        create role evosense_billing nologin noinherit;
    exception when duplicate_object or unique_violation then
        null; -- made by an earlier database of this server
    end;
    if not pg_has_role('evosense_owner', 'evosense_billing', 'set') then
        grant evosense_billing to evosense_owner;
    end if;
end
$$;

grant usage on schema app to evosense_billing;
