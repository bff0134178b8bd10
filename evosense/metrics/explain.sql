-- name: explain_messages
-- One row per message that the metric rests on, oldest first: whether it is in the numerator, what it contributes, and
-- how many there are in all. One row with a null id where the page is beyond the end.
with facts as materialized (
    select
        f.message_id,
        f.message_type,
        f.sent_at,
        f.speaker,
        f.exclusion,
        f.has_text,
        f.is_scored,
        f.sentiment,
        f.satisfaction,
        f.speaker = 'customer' and f.is_scored as has_opinion
    from app.message_fact as f
    where
        f.tenant_id = %(tenant_id)s
        and f.sent_at >= (%(from_day)s::date::timestamp at time zone 'UTC') - interval '14 hours'
        and f.sent_at < (%(to_day)s::date::timestamp at time zone 'UTC') + interval '1 day 12 hours'
        and f.local_day between %(from_day)s and %(to_day)s
        and (%(hour)s::int is null or f.local_hour = %(hour)s::int)
        and (%(weekday)s::int is null or extract(isodow from f.local_day) = %(weekday)s::int)
        and (%(connection_id)s::uuid is null or f.connection_id = %(connection_id)s::uuid)
),

chosen as (
    select
        facts.message_id as id,
        facts.sent_at as at,
        case %(metric)s::text
            when 'coverage' then facts.is_scored
            when 'positive_pct' then facts.sentiment > 0.1
            when 'neutral_pct' then facts.sentiment between -0.1 and 0.1
            when 'negative_pct' then facts.sentiment < -0.1
            when 'net_sentiment' then abs(facts.sentiment) > 0.1
            else true
        end as counts,
        case %(metric)s::text
            when 'satisfaction_mean' then facts.satisfaction
            else facts.sentiment
        end as value
    from facts
    where
        case %(metric)s::text
            when 'messages_in' then facts.speaker = 'customer'
            when 'messages_out' then facts.speaker in ('agent', 'automated')
            when 'messages_automated' then facts.speaker = 'automated'
            when 'messages_group' then facts.exclusion = 'group'
            when 'messages_deleted' then facts.exclusion = 'deleted'
            when 'messages_other' then facts.exclusion = 'other'
            when 'audio_without_text'
                then facts.speaker = 'customer' and facts.message_type = 'audio' and not facts.has_text
            when 'eligible' then facts.speaker = 'customer' and (facts.has_text or facts.is_scored)
            when 'coverage' then facts.speaker = 'customer' and (facts.has_text or facts.is_scored)
            else facts.has_opinion
        end
)

select
    page.id,
    page.at,
    page.counts,
    page.value,
    totals.n,
    totals.counted
from (
    select
        count(*) as n,
        count(*) filter (where chosen.counts) as counted
    from chosen
) as totals
left join (
    select * from chosen
    order by chosen.at, chosen.id
    limit %(limit)s offset %(offset)s
) as page on true
order by page.at, page.id;

-- name: explain_inferences
-- One row per answer of a model for production that the metric rests on, oldest first, as in explain_messages. Answers
-- know no connection; `value` is the latency in milliseconds, or the cost where that is asked for.
with chosen as (
    select
        i.id,
        i.created_at as at,
        case %(metric)s::text when 'invalid_pct' then i.status not in ('ok', 'repaired') else true end as counts,
        case when %(metric)s::text = 'cost_micros' then i.cost_micros else i.latency_ms end as value
    from app.tenant as t
    inner join app.inference as i on i.tenant_id = t.tenant_id
    where
        t.tenant_id = %(tenant_id)s
        and i.purpose = 'prod'
        and i.created_at >= (%(from_day)s::date::timestamp at time zone 'UTC') - interval '14 hours'
        and i.created_at < (%(to_day)s::date::timestamp at time zone 'UTC') + interval '1 day 12 hours'
        and (i.created_at at time zone t.timezone)::date between %(from_day)s and %(to_day)s
        and (
            %(hour)s::int is null or extract(hour from i.created_at at time zone t.timezone) = %(hour)s::int
        )
        and (
            %(weekday)s::int is null or extract(isodow from i.created_at at time zone t.timezone) = %(weekday)s::int
        )
        and case %(metric)s::text
            when 'inferences_failed' then i.status not in ('ok', 'repaired')
            when 'cost_micros' then true
            when 'invalid_pct' then true
            else i.status in ('ok', 'repaired')
        end
)

select
    page.id,
    page.at,
    page.counts,
    page.value,
    totals.n,
    totals.counted
from (
    select
        count(*) as n,
        count(*) filter (where chosen.counts) as counted
    from chosen
) as totals
left join (
    select * from chosen
    order by chosen.at, chosen.id
    limit %(limit)s offset %(offset)s
) as page on true
order by page.at, page.id;
