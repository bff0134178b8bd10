-- app.find_messages of 0081 with a plan that the session keeps, for words that the vocabulary knows as rare: planning
-- takes longer than finding one. Such a plan can't tell a rare word from a common one, of whose messages it would sort
-- all; so what is common, unknown or filtered is planned anew each time, as before.

-- Whether few messages hold all the words, by the vocabulary of last night: one of them is in at most 100. Up to there a
-- message looked up costs no more than planning. What the vocabulary could hold and doesn't, was in one message at most;
-- where something may be absent, be another word or go on differently, it tells nothing.
create function app.few_hold(for_tenant_id uuid, words tsquery) returns boolean
language plpgsql stable
as $$
begin
    return words::text !~ '[|!*]' and exists (
        select
        from unnest(string_to_array(translate(words::text, '''()', ''), ' ')) as l (lexeme)
        where
            l.lexeme ~ '^[a-z]{3,32}$'
            and not exists (
                select from app.search_word as w
                where w.tenant_id = for_tenant_id and w.word = l.lexeme and w.documents > 100
            )
    ) and exists (select from app.search_word as w where w.tenant_id = for_tenant_id);
end
$$;

drop function app.find_messages(uuid, jsonb, boolean, app.message_filter, timestamptz, uuid, integer);

-- The newest messages that hold the terms, older than a position, newest first.
create function app.find_messages(
    for_tenant_id uuid, terms jsonb, any_word boolean, filter app.message_filter,
    before_sent_at timestamptz, before_id uuid, page_size integer
) returns table (message_id uuid, sent_at timestamptz)
language plpgsql stable security definer rows 50
set search_path = app, pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
    typed constant tsquery := app.terms_query(terms, any_word);
    most constant integer := least(page_size, 201);
    held uuid[];
    conditions text;
begin
    perform app.require_tenant(for_tenant_id);
    if typed is null then
        return;
    end if;
    if filter is null and app.few_hold(for_tenant_id, typed) then
        held := array(
            select b.message_id
            from app.message_body as b
            where
                b.tenant_id = for_tenant_id
                and b.deleted_at is null
                and b.tsv @@ app.within_tenant(for_tenant_id, typed)
            limit 201
        );
        -- More came since last night: it is rare no longer.
        if cardinality(held) < 201 then
            return query
            -- Materialized, or a limit that the plan doesn't know would make it walk back through all messages.
            with found as materialized (
                select m.id, m.sent_at
                from app.message as m
                where m.tenant_id = for_tenant_id and m.id = any(held)
            )
            select f.id, f.sent_at
            from found as f
            where before_sent_at is null or (f.sent_at, f.id) < (before_sent_at, before_id)
            order by f.sent_at desc, f.id desc
            limit most;
            return;
        end if;
    end if;
    conditions := app.message_conditions(for_tenant_id, filter);
    if before_sent_at is not null then
        conditions := conditions || format(' and (m.sent_at, m.id) < (%L, %L)', before_sent_at, before_id);
    end if;
    return query execute format(
        'select m.id, m.sent_at from app.message_body as b%3$s'
        ' where b.tenant_id = %1$L and m.tenant_id = %1$L and b.deleted_at is null and %2$s%4$s'
        ' order by m.sent_at desc, m.id desc limit %5$s',
        for_tenant_id, app.holds(for_tenant_id, typed), app.message_sources(filter), conditions, most
    );
end
$$;

-- Rights first: once a function has changed hands, its former owner can neither grant nor revoke.
revoke all on function app.find_messages(uuid, jsonb, boolean, app.message_filter, timestamptz, uuid, integer)
from public;
grant execute on function app.find_messages(uuid, jsonb, boolean, app.message_filter, timestamptz, uuid, integer)
to evosense_api;
grant create on schema app to evosense_search;
alter function app.find_messages(uuid, jsonb, boolean, app.message_filter, timestamptz, uuid, integer)
owner to evosense_search;
revoke create on schema app from evosense_search;
