import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

import type { Period } from "@/lib/period/period";

export type Metrics = Schemas["Metrics"];

export const metricsQuery = (tenantId: string, period: Period) =>
  queryOptions({
    queryKey: [...keys.metrics, tenantId, period.from, period.to],
    queryFn: ({ signal }) =>
      unwrap(
        http.GET("/api/tenants/{tenant_id}/metrics", {
          params: { path: { tenant_id: tenantId }, query: { from: period.from, to: period.to } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    meta: { until: period.to },
  });

const FEED_LENGTH = 8;

export const feedQuery = queryOptions({
  queryKey: keys.feed,
  queryFn: async ({ signal }) => {
    const page = await unwrap(
      http.GET("/api/messages", { params: { query: { limit: FEED_LENGTH, direction: "in" } }, signal }),
    );
    return page.items;
  },
});
