import { useQuery } from "@tanstack/react-query";
import { BellRing, CircleCheck, TriangleAlert } from "lucide-react";
import { Link } from "react-router";

import { Skeleton } from "@/components/ui/skeleton";
import { inUnit } from "@/lib/format/units";
import { explainPath } from "@/lib/period/explain-path";
import { cn } from "@/lib/cn";
import { text } from "@/lib/text";

import { type Alert, alertsQuery } from "../api/alert-queries";
import { Acknowledging } from "./acknowledging";

const { alerts } = text;
const { labels } = text.insight;

/** What was out of the ordinary or broke a rule, or that nothing did; each line leads to what is behind it. */
export function Alerts({ tenantId }: { tenantId: string }) {
  const found = useQuery(alertsQuery(tenantId));
  if (!found.data) {
    return found.isError ? (
      <p className="text-sm text-muted-foreground">{alerts.unknown}</p>
    ) : (
      <Skeleton className="h-5 w-64 max-w-full" />
    );
  }
  if (found.data.length === 0) {
    return (
      <p className="flex items-center gap-2 text-sm text-muted-foreground" data-alerts="none">
        <CircleCheck className="size-4 shrink-0 text-good" aria-hidden="true" />
        {alerts.none}
      </p>
    );
  }
  return (
    <ul aria-label={alerts.title} className="grid gap-2" data-alerts={found.data.length}>
      {found.data.map((alert) => (
        <li key={alert.rule?.rule_id ?? alert.metric.name} className="grid gap-0.5">
          <Line alert={alert} />
          <Acknowledging alert={alert} tenantId={tenantId} />
        </li>
      ))}
    </ul>
  );
}

function Line({ alert }: { alert: Alert }) {
  const { metric, day, value, is_bad: isBad } = alert;
  const Icon = alert.rule ? BellRing : TriangleAlert;
  const isNews = isBad && !alert.acknowledged;
  return (
    <Link
      to={explainPath(metric.name, { from: day, to: day })}
      className="group flex flex-wrap items-baseline gap-x-2 rounded text-sm"
    >
      <Icon
        className={cn("size-4 translate-y-0.5", isNews ? "text-bad" : "text-muted-foreground")}
        aria-hidden="true"
      />
      <span className="font-medium group-hover:underline">{labels[metric.name] ?? metric.label}</span>
      <span className={cn("font-medium tabular-nums", isNews && "text-bad")}>
        {inUnit(metric.unit)(value)}
      </span>
      <span className="text-muted-foreground tabular-nums">{reason(alert)}</span>
    </Link>
  );
}

/** A band has two ends, a rule's limit is one. */
function reason({ metric, low, high, side }: Alert): string {
  const show = inUnit(metric.unit);
  return low === null || high === null
    ? alerts.limit(alerts.sides[side], show(low ?? high))
    : alerts.band(alerts.sides[side], show(low), show(high));
}
