{{ config(
    meta={'rebuilt_by': 'chat'},
    indexes=[
        {'columns': ['tenant_id', 'conversation_id'], 'unique': True},
        {'columns': ['tenant_id', 'local_day']},
        {'columns': ['tenant_id', 'chat_id', 'started_at']},
        {'columns': ['chat_identity_ids'], 'type': 'gin'},
    ],
) }}

with

messages as (

    select messages.*
    from {{ ref('int_messages') }} as messages
    {% if is_incremental() %}
        inner join {{ source('app', 'stale_chat') }} as stale
            on {{ in_stale_span('messages', 'sent_at') }}
    {% endif %}
    where messages.speaker is not null

),

gaps as (

    select
        *,
        coalesce(sent_at - lag(sent_at) over chat_order >= session_gap, true) as begins
    from messages
    window chat_order as (partition by tenant_id, chat_id order by sent_at, message_id)

),

sessions as (

    select
        *,
        count(*) filter (where begins) over chat_order as session_number
    from gaps
    window chat_order as (partition by tenant_id, chat_id order by sent_at, message_id)

),

-- An agent's message has the number of the customer's messages that wait for it.
turns as (

    select
        *,
        count(*) filter (where speaker = 'agent') over session_order - (speaker = 'agent')::int as turn_number,
        row_number() over session_order as position_in_session
    from sessions
    window session_order as (partition by tenant_id, chat_id, session_number order by sent_at, message_id)

),

answered_turns as (

    select
        tenant_id,
        chat_id,
        session_number,
        turn_number,
        {{ milliseconds(
            "min(sent_at) filter (where speaker = 'agent') - min(sent_at) filter (where speaker = 'customer')"
        ) }} as wait_ms
    from turns
    group by tenant_id, chat_id, session_number, turn_number
    having count(*) filter (where speaker = 'agent') > 0 and count(*) filter (where speaker = 'customer') > 0

),

waits as (

    select
        tenant_id,
        chat_id,
        session_number,
        count(*)::int as turns,
        sum(wait_ms)::bigint as customer_wait_ms,
        array_agg(wait_ms order by turn_number) as turn_waits_ms,
        min(wait_ms) filter (where turn_number = 0) as first_wait_ms
    from answered_turns
    group by tenant_id, chat_id, session_number

),

conversations as (

    select
        tenant_id,
        chat_id,
        session_number,
        (array_agg(message_id) filter (where position_in_session = 1))[1] as conversation_id,
        (array_agg(connection_id) filter (where position_in_session = 1))[1] as connection_id,
        (array_agg(contact_id) filter (where position_in_session = 1))[1] as contact_id,
        array_agg(distinct chat_identity_id) as chat_identity_ids,
        min(speaker) filter (where position_in_session = 1) as begun_by,
        min(local_day) filter (where position_in_session = 1) as local_day,
        min(sent_at) as started_at,
        max(sent_at) as last_message_at,
        count(*) filter (where speaker = 'customer')::int as messages_customer,
        count(*) filter (where speaker = 'agent')::int as messages_agent,
        count(*) filter (where speaker = 'automated')::int as messages_automated
    from turns
    group by tenant_id, chat_id, session_number

),

final as (

    select
        ----------  ids
        conversations.tenant_id,
        conversations.conversation_id,
        conversations.chat_id,
        conversations.chat_identity_ids,
        conversations.contact_id,
        conversations.connection_id,

        ---------- text
        conversations.begun_by,

        ---------- numerics
        conversations.messages_customer,
        conversations.messages_agent,
        conversations.messages_automated,
        case when conversations.begun_by = 'customer' then waits.first_wait_ms end as first_response_ms,
        coalesce(waits.turns, 0) as turns,
        coalesce(waits.customer_wait_ms, 0) as customer_wait_ms,
        coalesce(waits.turn_waits_ms, '{}'::bigint[]) as turn_waits_ms,

        ---------- booleans
        conversations.begun_by = 'customer' and conversations.messages_agent = 0 as is_unanswered,

        ---------- dates
        conversations.local_day,

        ---------- timestamps
        conversations.started_at,
        conversations.last_message_at

    from conversations
    left join waits
        on
            waits.tenant_id = conversations.tenant_id
            and waits.chat_id = conversations.chat_id
            and waits.session_number = conversations.session_number

)

select * from final
