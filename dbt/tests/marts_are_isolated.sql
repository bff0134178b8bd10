-- Every relation of this schema that the API's role can read has row level security, forced, and the policy that
-- shows it one tenant; and nothing but a table is readable at all, because a view would read with its owner's rights.
select relations.oid::regclass as relation
from pg_catalog.pg_class as relations
where
    relations.relnamespace = '{{ target.schema }}'::regnamespace
    and relations.relkind in ('r', 'p', 'v', 'm', 'f')
    and has_table_privilege('evosense_api', relations.oid, 'select')
    and not (
        relations.relkind in ('r', 'p')
        and relations.relrowsecurity
        and relations.relforcerowsecurity
        and exists (
            select 1
            from pg_catalog.pg_policies as policies
            where
                policies.schemaname = '{{ target.schema }}'
                and policies.tablename = relations.relname
                and policies.roles = '{evosense_api}'
                and policies.qual like '%current_tenant()%'
        )
    )

union all

-- A mart without the API's grant is no danger, but it is a mistake.
select ('{{ target.schema }}.' || marts.name)::regclass
from (
    values
    ('{{ ref('fct_conversations').identifier }}'),
    ('{{ ref('fct_daily_kpis').identifier }}'),
    ('{{ ref('fct_hourly_kpis').identifier }}'),
    ('{{ ref('fct_daily_emotions').identifier }}'),
    ('{{ ref('fct_contact_days').identifier }}'),
    ('{{ ref('fct_daily_coverage').identifier }}'),
    ('{{ ref('fct_daily_inferences').identifier }}'),
    ('{{ ref('fct_daily_mrr').identifier }}'),
    ('{{ ref('mart_prompt_compare').identifier }}'),
    ('{{ ref('mart_what_if_kpis').identifier }}'),
    ('{{ ref('fct_monthly_usage').identifier }}'),
    ('{{ ref('fct_tenant_months').identifier }}')
) as marts (name)
where not has_table_privilege('evosense_api', '{{ target.schema }}.' || marts.name, 'select')
