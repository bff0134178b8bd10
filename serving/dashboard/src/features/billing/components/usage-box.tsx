import { Box } from "@/components/box";
import { Badge } from "@/components/ui/badge";
import { Progress } from "@/components/ui/progress";
import type { Schemas } from "@/lib/api/client";
import { integer } from "@/lib/format/numbers";
import { text } from "@/lib/text";

const { billing } = text;
const NEAR = 0.8;

/** How much of every limit is used. */
export function UsageBox({ state }: { state: Schemas["BillingState"] }) {
  const { limits } = state.entitlements;
  const meters = [...new Set([...Object.keys(limits), ...Object.keys(state.usage)])];
  return (
    <Box title={billing.usage} hint={billing.usageHint}>
      <ul className="grid gap-4">
        {meters.map((meter) => (
          <Meter
            key={meter}
            name={billing.meters[meter] ?? meter}
            used={state.usage[meter] ?? 0}
            limit={limits[meter] ?? null}
          />
        ))}
      </ul>
    </Box>
  );
}

function Meter({ name, used, limit }: { name: string; used: number; limit: number | null }) {
  const isOver = limit !== null && used > limit;
  const isNear = limit !== null && limit > 0 && used / limit >= NEAR;
  const words = limit === null ? billing.unlimited(integer(used)) : billing.of(integer(used), integer(limit));
  return (
    <li className="grid gap-1.5 text-sm">
      <div className="flex flex-wrap items-center gap-2">
        <span className="font-medium">{name}</span>
        {isOver ? (
          <Badge variant="bad">{billing.over}</Badge>
        ) : (
          isNear && <Badge variant="warn">{billing.near}</Badge>
        )}
        <span className="ml-auto text-muted-foreground tabular-nums">{words}</span>
      </div>
      {limit !== null && (
        <Progress label={name} value={used} max={limit} tone={isOver ? "bad" : isNear ? "warn" : "plain"} />
      )}
    </li>
  );
}
