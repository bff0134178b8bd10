export const DATASETS = ["conversations", "messages", "daily_kpis"] as const;
export const FORMATS = ["csv", "parquet", "json"] as const;
export const EVERY = ["day", "week", "month"] as const;
export const BACKFILLS = ["scoring", "embeddings", "warehouse"] as const;
