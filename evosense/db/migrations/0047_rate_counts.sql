-- How often somebody asked, counted for all API processes together. Keys are SHA-256 of who and what, so the rows
-- name nobody, and belong to no tenant: log-in attempts are counted before one is known.

-- Unlogged: after a crash counting begins anew, which costs nothing.
create unlogged table app.rate_count (
    key bytea not null primary key check (length(key) = 32),
    window_start timestamptz not null,
    taken integer not null,
    taken_before integer not null
);
comment on table app.rate_count is
'One row per counted key: what was taken in the current window and in the one before.';
create index rate_count_age on app.rate_count (window_start);

-- Takes up to `wanted` permits of `most` per sliding window: the window before counts by the share of it that is still
-- within reach. Answers how many were granted, and after how many seconds the window ends.
create function app.take_permits(for_key bytea, most integer, period_seconds integer, wanted integer)
returns table (granted integer, seconds_left double precision)
language plpgsql
set search_path = app, pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    instant double precision := extract(epoch from clock_timestamp());
    opened timestamptz := to_timestamp(floor(instant / period_seconds) * period_seconds);
    gone double precision := (instant - extract(epoch from opened)) / period_seconds;
    counted app.rate_count;
begin
    insert into app.rate_count (key, window_start, taken, taken_before) values (for_key, opened, 0, 0)
    on conflict do nothing;
    select c.* into strict counted from app.rate_count as c where c.key = for_key for update;
    if counted.window_start < opened then
        counted.taken_before := case
            when counted.window_start = opened - make_interval(secs => period_seconds) then counted.taken else 0
        end;
        counted.taken := 0;
    end if;
    granted := greatest(0, least(wanted, floor(most - counted.taken - counted.taken_before * (1 - gone))::integer));
    update app.rate_count as c
    set window_start = greatest(counted.window_start, opened), taken = counted.taken + granted,
        taken_before = counted.taken_before
    where c.key = for_key;
    seconds_left := period_seconds * (1 - gone);
    return next;
end
$$;

grant select, insert, update, delete on app.rate_count to evosense_api, evosense_pipeline;
