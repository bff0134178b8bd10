import { queryOptions } from "@tanstack/react-query";

import { http, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

export const billingQuery = queryOptions({
  queryKey: [...keys.billing, "state"],
  queryFn: ({ signal }) => unwrap(http.GET("/api/billing", { signal })),
});

export const plansQuery = queryOptions({
  queryKey: [...keys.billing, "plans"],
  queryFn: ({ signal }) => unwrap(http.GET("/api/billing/plans", { signal })),
  staleTime: 5 * 60_000,
});

export const standingQuery = queryOptions({
  queryKey: [...keys.billing, "standing"],
  queryFn: ({ signal }) => unwrap(http.GET("/api/entitlements", { signal })),
  staleTime: 60_000,
  refetchInterval: 5 * 60_000,
});
