import { queryOptions } from "@tanstack/react-query";

import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

export type Alert = Schemas["AlertRow"];
const CALM_MS = 10 * 60_000;

/** What was out of the ordinary yesterday and the day before; it changes once a day. */
export const alertsQuery = (tenantId: string) =>
  queryOptions({
    queryKey: [...keys.alerts, tenantId],
    queryFn: ({ signal }) =>
      unwrap(
        http.GET("/api/tenants/{tenant_id}/alerts", { params: { path: { tenant_id: tenantId } }, signal }),
      ),
    staleTime: CALM_MS,
  });
