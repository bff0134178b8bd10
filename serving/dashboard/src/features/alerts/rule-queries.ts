import { queryOptions } from "@tanstack/react-query";

import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

export type AlertRule = Schemas["AlertRule"];
export type Condition = AlertRule["condition"];

/** The company's own rules, the oldest first. */
export const rulesQuery = (tenantId: string) =>
  queryOptions({
    queryKey: [...keys.alertRules, tenantId],
    queryFn: ({ signal }) =>
      unwrap(
        http.GET("/api/tenants/{tenant_id}/alert-rules", {
          params: { path: { tenant_id: tenantId } },
          signal,
        }),
      ),
  });
