import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

import type { DayText } from "@/lib/format/days";
import type { Period } from "@/lib/period/period";

import { HOUR_METRICS } from "../lib/until-now";

export type Cell = Schemas["MetricCell"];
export const HEAT_METRICS = ["messages_in", "satisfaction_mean", "negative_pct", "positive_pct"] as const;
export type HeatMetric = (typeof HEAT_METRICS)[number];

const SERIES = [
  "satisfaction_mean",
  "net_sentiment",
  "positive_pct",
  "neutral_pct",
  "negative_pct",
  "messages_in",
  "scored",
  "conversations",
  "unanswered_pct",
  "first_response_p50_ms",
  "turn_wait_p50_ms",
];

const at = (tenantId: string, period: Period) => ({
  path: { tenant_id: tenantId },
  query: { from: period.from, to: period.to },
});

export const seriesQuery = (tenantId: string, period: Period) =>
  queryOptions({
    queryKey: [...keys.daily, "series", tenantId, period.from, period.to],
    queryFn: async ({ signal }) => {
      const { path, query } = at(tenantId, period);
      const params = { path, query: { ...query, metric: SERIES, grain: "day" as const } };
      return (await unwrap(http.GET("/api/tenants/{tenant_id}/series", { params, signal }))).cells;
    },
    placeholderData: keepPreviousData,
    meta: { until: period.to },
  });

/** The hours of one day, for what can be added up. */
export const hoursQuery = (tenantId: string, day: DayText) =>
  queryOptions({
    queryKey: [...keys.daily, "hours", tenantId, day],
    queryFn: async ({ signal }) => {
      const { path, query } = at(tenantId, { from: day, to: day });
      const params = { path, query: { ...query, metric: [...HOUR_METRICS], grain: "hour" as const } };
      return (await unwrap(http.GET("/api/tenants/{tenant_id}/series", { params, signal }))).cells;
    },
    meta: { until: day },
  });

export const waitsQuery = (tenantId: string, period: Period) =>
  queryOptions({
    queryKey: [...keys.daily, "waits", tenantId, period.from, period.to],
    queryFn: ({ signal }) =>
      unwrap(http.GET("/api/tenants/{tenant_id}/response-times", { params: at(tenantId, period), signal })),
    placeholderData: keepPreviousData,
    meta: { until: period.to },
  });

export const heatQuery = (tenantId: string, period: Period, metric: HeatMetric) =>
  queryOptions({
    queryKey: [...keys.daily, "heat", tenantId, period.from, period.to, metric],
    queryFn: ({ signal }) => {
      const { path, query } = at(tenantId, period);
      return unwrap(
        http.GET("/api/tenants/{tenant_id}/heatmap", {
          params: { path, query: { ...query, metric } },
          signal,
        }),
      );
    },
    placeholderData: keepPreviousData,
    meta: { until: period.to },
  });

export const emotionsQuery = (tenantId: string, period: Period) =>
  queryOptions({
    queryKey: [...keys.daily, "emotions", tenantId, period.from, period.to],
    queryFn: ({ signal }) =>
      unwrap(http.GET("/api/tenants/{tenant_id}/emotions", { params: at(tenantId, period), signal })),
    placeholderData: keepPreviousData,
    meta: { until: period.to },
  });

/** People are ranked by how quickly they answer: what customers feel is not theirs alone. */
const RANKED = { connection: "satisfaction_mean", author: "first_response_p50_ms" } as const;
export type RankedBy = keyof typeof RANKED;

export const rankingQuery = (tenantId: string, period: Period, by: RankedBy) =>
  queryOptions({
    queryKey: [...keys.daily, "ranking", tenantId, period.from, period.to, by],
    queryFn: ({ signal }) => {
      const { path, query } = at(tenantId, period);
      return unwrap(
        http.GET("/api/tenants/{tenant_id}/leaderboards", {
          params: { path, query: { ...query, metric: RANKED[by], by } },
          signal,
        }),
      );
    },
    placeholderData: keepPreviousData,
    meta: { until: period.to },
  });

export const coverageQuery = (tenantId: string, period: Period) =>
  queryOptions({
    queryKey: [...keys.daily, "coverage", tenantId, period.from, period.to],
    queryFn: ({ signal }) =>
      unwrap(http.GET("/api/tenants/{tenant_id}/coverage", { params: at(tenantId, period), signal })),
    placeholderData: keepPreviousData,
    meta: { until: period.to },
  });
