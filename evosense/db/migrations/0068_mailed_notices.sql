-- What a company has to be told about its subscription goes out by mail, too, once.

alter table app.dunning_notice add column mailed_at timestamptz;
comment on column app.dunning_notice.mailed_at is
'When administrators got it by mail; null: not yet, or nobody to send it to.';
create index dunning_notice_unmailed on app.dunning_notice (tenant_id, created_at) where mailed_at is null;
