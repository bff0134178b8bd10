with

inferences as (

    select * from {{ ref('stg_inferences') }}

),

attempts as (

    select * from {{ ref('stg_inference_attempts') }}

),

tenants as (

    select * from {{ ref('stg_tenants') }}

),

calls as (

    select
        tenant_id,
        purpose,
        prompt_hash,
        config_hash,
        status,
        latency_ms,
        tokens_in,
        tokens_out,
        cost_micros,
        created_at
    from inferences
    union all
    -- Which purpose a call had that brought no answer is not recorded.
    select
        tenant_id,
        'any' as purpose,
        prompt_hash,
        config_hash,
        'unanswered' as status,
        null as latency_ms,
        null as tokens_in,
        null as tokens_out,
        0 as cost_micros,
        attempted_at as created_at
    from attempts

),

final as (

    select
        calls.*,
        (calls.created_at at time zone tenants.timezone)::date as local_day
    from calls
    inner join tenants on tenants.tenant_id = calls.tenant_id

)

select * from final
