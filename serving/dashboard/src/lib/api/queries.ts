import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import type { Period } from "@/lib/period/period";

import { http, unwrap } from "./client";
import { keys } from "./keys";

const CALM_MS = 5 * 60_000;

/** The connections, for their names. */
export const connectionNamesQuery = queryOptions({
  queryKey: keys.connections,
  queryFn: ({ signal }) => unwrap(http.GET("/api/connections", { signal })),
});

/** What customers talked about in a period. Themes are built once a day, so they are not asked for again at once. */
export const themesQuery = (tenantId: string, period: Period) =>
  queryOptions({
    queryKey: [...keys.themes, tenantId, period.from, period.to],
    queryFn: ({ signal }) =>
      unwrap(
        http.GET("/api/tenants/{tenant_id}/themes", {
          params: { path: { tenant_id: tenantId }, query: { from: period.from, to: period.to } },
          signal,
        }),
      ),
    staleTime: CALM_MS,
    placeholderData: keepPreviousData,
  });

/** What every metric means, from the registry. */
export const definitionsQuery = queryOptions({
  queryKey: keys.definitions,
  queryFn: ({ signal }) => unwrap(http.GET("/api/metrics", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});
