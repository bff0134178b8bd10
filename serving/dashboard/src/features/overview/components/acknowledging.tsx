import { Button } from "@/components/ui/button";
import { useAction } from "@/lib/api/action";
import { http } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { ok } from "@/lib/api/ok";
import { moment } from "@/lib/format/days";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

import type { Alert } from "../api/alert-queries";

const { alerts, insight } = text;

/** Who knows of an alert already, or the button to say that one does. */
export function Acknowledging({ alert, tenantId }: { alert: Alert; tenantId: string }) {
  const { timezone } = useMe().tenant;
  const path = { tenant_id: tenantId, day: alert.day, metric: alert.metric.name };
  const known = alert.acknowledged;
  const changing = useAction({
    act: () =>
      known
        ? ok(
            http.DELETE("/api/tenants/{tenant_id}/alerts/{day}/{metric}/acknowledgement", {
              params: { path },
            }),
          )
        : ok(
            http.PUT("/api/tenants/{tenant_id}/alerts/{day}/{metric}/acknowledgement", { params: { path } }),
          ),
    renews: [keys.alerts],
  });
  return (
    <p className="flex flex-wrap items-center gap-x-2 pl-6 text-xs text-muted-foreground">
      {known && alerts.acknowledged(known.by ?? alerts.somebody, moment(known.at, timezone))}
      <Button
        variant="link"
        size="inline"
        className="min-h-6 text-xs"
        disabled={changing.isPending}
        onClick={() => changing.mutate()}
      >
        {known ? alerts.takeBack : alerts.acknowledge}
        <span className="sr-only">{`: ${insight.labels[alert.metric.name] ?? alert.metric.label}`}</span>
      </Button>
    </p>
  );
}
