-- run-as: login
-- Who runs the platform looks across companies, through a role of its own: it sees what a company is and uses, never
-- its conversations, and the role that serves companies does not see the people of the platform.

do $$
begin
    begin
        create role evosense_platform nologin noinherit;
    exception when duplicate_object or unique_violation then
        null; -- made by an earlier database of this server
    end;
    -- The login that runs the API takes this role on by its start-up option `role`.
    if not pg_has_role(current_user, 'evosense_platform', 'set') then
        grant evosense_platform to current_user;
    end if;
end
$$;

grant usage on schema app to evosense_platform;
