-- Who runs the platform may let a company that it opens try its plan; after that a subscription is needed.

create policy platform_adds on app.payment_account for insert to evosense_platform with check (managed_by = 'stripe');
grant insert (tenant_id, livemode, trial_ends_at) on app.payment_account to evosense_platform;
