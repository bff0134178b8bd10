{{ config(
    meta={'rebuilt_by': 'chat'}, pre_hook='set local enable_nestloop = off',
    indexes=[
        {'columns': ['tenant_id', 'conversation_id'], 'unique': True},
        {'columns': ['tenant_id', 'local_day']},
        {'columns': ['tenant_id', 'chat_id', 'started_at']},
        {'columns': ['tenant_id', 'started_at', 'conversation_id']},
        {'columns': ['chat_identity_ids'], 'type': 'gin'},
    ],
) }}

with

messages as (

    select messages.*
    from {{ ref('int_message_facts') }} as messages
    {% if is_incremental() %}
        inner join {{ source('app', 'stale_chat') }} as stale
            on {{ in_stale_span('messages', 'sent_at') }}
    {% endif %}
    where messages.speaker is not null

),

-- A close counts while the conversation is open, so up to a gap after the last message: 168 h at most.
closes as (

    select closes.*
    from {{ ref('int_closes') }} as closes
    {% if is_incremental() %}
        inner join {{ source('app', 'stale_chat') }} as stale
            on
                stale.tenant_id = closes.tenant_id
                and stale.chat_id = closes.chat_id
                and closes.closed_at >= stale.from_at
                and closes.closed_at <= stale.to_at + interval '168 hours'
    {% endif %}

),

events as (

    select
        tenant_id,
        chat_id,
        message_id as event_id,
        chat_identity_id,
        connection_id,
        contact_id,
        author_user_id,
        speaker,
        (sentiment * 1000)::int as sentiment_milli,
        satisfaction,
        prompt_hash,
        config_hash,
        session_gap,
        sent_at,
        local_day,
        local_hour
    from messages
    union all
    select
        tenant_id,
        chat_id,
        close_id,
        chat_identity_id,
        null as connection_id,
        null as contact_id,
        null as author_user_id,
        'close' as speaker,
        null as sentiment_milli,
        null as satisfaction,
        null as prompt_hash,
        null as config_hash,
        null as session_gap,
        closed_at,
        null as local_day,
        null as local_hour
    from closes

),

gaps as (

    select
        *,
        speaker <> 'close' and coalesce(
            lag(speaker) over chat_order = 'close' or sent_at - lag(sent_at) over chat_order >= session_gap, true
        ) as begins
    from events
    window chat_order as (partition by tenant_id, chat_id order by sent_at, event_id)

),

-- An agent's message has the number of the customer's messages that wait for it.
sessions as (

    select
        *,
        count(*) filter (where begins) over chat_order as session_number,
        count(*) filter (where speaker = 'agent') over chat_order - (speaker = 'agent')::int as turn_number
    from gaps
    window chat_order as (partition by tenant_id, chat_id order by sent_at, event_id)

),

turns as (

    select
        tenant_id,
        chat_id,
        session_number,
        turn_number,
        min(sent_at) filter (where speaker = 'customer') as asked_at,
        min(sent_at) filter (where speaker = 'agent') as answered_at,
        {{ milliseconds("min(sent_at) filter (where speaker = 'agent') - min(sent_at) filter (where speaker = 'customer')") }}
            as wait_ms,
        {{ the_one('author_user_id', "speaker = 'agent'") }} as author_user_id,
        {{ the_one('event_id', 'begins') }} as conversation_id,
        {{ the_one('connection_id', 'begins') }} as connection_id,
        {{ the_one('contact_id', 'begins') }} as contact_id,
        min(speaker) filter (where begins) as begun_by,
        min(local_day) filter (where begins) as local_day,
        min(local_hour) filter (where begins) as local_hour,
        min(sent_at) filter (where begins) as started_at,
        max(sent_at) filter (where speaker <> 'close') as last_message_at,
        max(session_gap) as session_gap,
        min(sent_at) filter (where speaker = 'close') as closed_at,
        count(*) filter (where speaker = 'customer') as messages_customer,
        count(*) filter (where speaker = 'agent') as messages_agent,
        count(*) filter (where speaker = 'automated') as messages_automated
    from sessions
    group by tenant_id, chat_id, session_number, turn_number

),

addresses as (

    select
        tenant_id,
        chat_id,
        session_number,
        array_agg(distinct chat_identity_id) as chat_identity_ids
    from sessions
    where speaker <> 'close'
    group by tenant_id, chat_id, session_number

),

conversations as (

    select
        tenant_id,
        chat_id,
        session_number,
        {{ the_one('conversation_id', 'conversation_id is not null') }} as conversation_id,
        {{ the_one('connection_id', 'conversation_id is not null') }} as connection_id,
        {{ the_one('contact_id', 'conversation_id is not null') }} as contact_id,
        (array_agg(author_user_id order by turn_number) filter (where answered_at is not null))[1] as responder_user_id,
        min(begun_by) as begun_by,
        min(local_day) as local_day,
        min(local_hour) as local_hour,
        min(started_at) as started_at,
        max(last_message_at) as last_message_at,
        max(session_gap) as session_gap,
        min(closed_at) as closed_at,
        sum(messages_customer)::int as messages_customer,
        sum(messages_agent)::int as messages_agent,
        sum(messages_automated)::int as messages_automated,
        min(answered_at) as answered_at,
        count(wait_ms)::int as turns,
        coalesce(sum(wait_ms), 0)::bigint as customer_wait_ms,
        coalesce(array_agg(wait_ms order by turn_number) filter (where wait_ms is not null), '{}') as turn_waits_ms,
        coalesce(array_agg(asked_at order by turn_number) filter (where wait_ms is not null), '{}') as turns_asked_at
    from turns
    group by tenant_id, chat_id, session_number
    having count(conversation_id) > 0

),

opinions as (

    select
        *,
        count(*) over (partition by tenant_id, chat_id, session_number) as scored,
        row_number() over opinion_order as place,
        avg(sentiment_milli) over (opinion_order rows between 3 preceding and 1 preceding) as before_milli,
        avg(sentiment_milli) over (opinion_order rows between current row and 2 following) as after_milli
    from sessions
    where speaker = 'customer' and sentiment_milli is not null
    window opinion_order as (partition by tenant_id, chat_id, session_number order by sent_at, event_id)

),

moods as (

    select
        tenant_id,
        chat_id,
        session_number,
        max(scored)::int as scored,
        sum(sentiment_milli)::bigint as sentiment_sum_milli,
        round(avg(satisfaction) filter (where place > scored - 3), 6) as satisfaction,
        round(avg(sentiment_milli) filter (where place > scored - 3), 3) / 1000 as ending_sentiment,
        round(
            avg(sentiment_milli) filter (where place > scored - 3 and scored >= 4)
            - avg(sentiment_milli) filter (where place <= 3 and scored >= 4), 3
        ) / 1000 as trajectory_change,
        array_agg(distinct prompt_hash) as prompt_hashes,
        array_agg(distinct config_hash) as config_hashes
    from opinions
    group by tenant_id, chat_id, session_number

),

turning_points as (

    select distinct on (tenant_id, chat_id, session_number)
        tenant_id,
        chat_id,
        session_number,
        event_id as turning_message_id,
        round(after_milli - before_milli, 3) / 1000 as turning_change
    from opinions
    where scored >= 4 and place >= 2
    order by
        tenant_id asc, chat_id asc, session_number asc, abs(round(after_milli - before_milli, 3)) desc, place asc

),

final as (

    select
        ----------  ids
        c.tenant_id,
        c.conversation_id,
        c.chat_id,
        addresses.chat_identity_ids,
        c.contact_id,
        c.connection_id,
        c.responder_user_id,

        ---------- text
        c.begun_by,

        ---------- numerics
        c.messages_customer,
        c.messages_agent,
        c.messages_automated,
        case when c.begun_by = 'customer' then {{ milliseconds("c.answered_at - c.started_at") }} end as first_response_ms,
        c.turns,
        c.customer_wait_ms,
        c.turn_waits_ms,
        c.turns_asked_at,

        ---------- what the champion thought of it
        coalesce(moods.scored, 0) as scored,
        {{ ratio('moods.sentiment_sum_milli / 1000.0', 'moods.scored') }} as sentiment_mean,
        moods.satisfaction::numeric(18, 6) as satisfaction,
        moods.ending_sentiment::numeric(18, 6) as ending_sentiment,
        moods.trajectory_change::numeric(18, 6) as trajectory_change,
        case
            when moods.trajectory_change is null then null
            when moods.trajectory_change >= 0.3 then 'improving'
            when moods.trajectory_change <= -0.3 then 'worsening'
            else 'flat'
        end as trajectory,
        turning_points.turning_message_id,
        turning_points.turning_change::numeric(18, 6) as turning_change,
        coalesce(moods.prompt_hashes, '{}'::text[]) as prompt_hashes,
        coalesce(moods.config_hashes, '{}'::text[]) as config_hashes,

        ---------- booleans
        c.begun_by = 'customer' and c.messages_agent = 0 as is_unanswered,

        ---------- dates
        c.local_day,
        c.local_hour,

        ---------- timestamps
        c.started_at,
        c.last_message_at,
        case when c.closed_at < c.last_message_at + c.session_gap then c.closed_at end as closed_at

    from conversations as c
    inner join addresses
        on
            addresses.tenant_id = c.tenant_id
            and addresses.chat_id = c.chat_id and addresses.session_number = c.session_number
    left join moods
        on moods.tenant_id = c.tenant_id and moods.chat_id = c.chat_id and moods.session_number = c.session_number
    left join turning_points
        on
            turning_points.tenant_id = c.tenant_id
            and turning_points.chat_id = c.chat_id and turning_points.session_number = c.session_number

)

select * from final
