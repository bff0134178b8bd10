import { useState } from "react";

import { Box } from "@/components/box";
import { Facts } from "@/components/facts";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { dateOf } from "@/lib/format/days";
import { integer } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { changeable } from "../lib/subscription";

const { billing } = text;

/** What the company has now, until when, and ending or keeping it. */
export function PlanBox({ state, zone }: { state: Schemas["BillingState"]; zone: string }) {
  const { entitlements } = state;
  const subscription = changeable(state);
  const [isLeaving, setIsLeaving] = useState(false);
  const ending = useAction({
    act: (ends: boolean) => unwrap(http.PUT("/api/billing/ending", { body: { ends } })),
    renews: [keys.billing],
    told: ({ begins_at: ends }) => (ends ? billing.cancelled : billing.resumed),
    then: () => setIsLeaving(false),
  });
  const day = (iso: string | null | undefined): string => (iso ? dateOf(iso, zone) : text.common.nothing);
  const facts: (readonly [string, string])[] = [
    [billing.plan, entitlements.plan],
    [billing.status, text.settings.statuses[entitlements.status] ?? entitlements.status],
    [billing.access, billing.accesses[entitlements.access] ?? entitlements.access],
    ...(subscription?.trial_ends_at ? [[billing.trialEnds, day(subscription.trial_ends_at)] as const] : []),
    ...(subscription?.period_end
      ? [
          [
            subscription.ends_with_period ? billing.ends : billing.renews,
            day(subscription.period_end),
          ] as const,
        ]
      : []),
    ...(state.paid_until ? [[billing.paidUntil, day(state.paid_until)] as const] : []),
    ...(entitlements.changes_at ? [[billing.changesAt, day(entitlements.changes_at)] as const] : []),
    ...(entitlements.purge_after ? [[billing.erased, day(entitlements.purge_after)] as const] : []),
    [billing.retention, billing.retentionDays(integer(entitlements.retention_days))],
    [billing.rawText, entitlements.store_raw_text ? billing.rawTextYes : billing.rawTextNo],
  ];
  return (
    <Box title={billing.plan}>
      <Facts facts={facts} />
      {subscription?.next_plan && subscription.next_plan_at && (
        <p className="mt-3 text-sm text-warn">
          {billing.nextPlan(subscription.next_plan, day(subscription.next_plan_at))}
        </p>
      )}
      {!subscription && <p className="mt-3 text-[13px] text-muted-foreground">{billing.noSubscription}</p>}
      {subscription && (
        <div className="mt-4">
          {subscription.ends_with_period ? (
            <Button variant="outline" disabled={ending.isPending} onClick={() => ending.mutate(false)}>
              {billing.resume}
            </Button>
          ) : (
            <Button variant="danger" onClick={() => setIsLeaving(true)}>
              {billing.cancel}
            </Button>
          )}
        </div>
      )}
      <Dialog isOpen={isLeaving} onClose={() => setIsLeaving(false)} title={billing.cancel}>
        <p className="text-sm text-muted-foreground">{billing.cancelHint}</p>
        <div className="mt-5 flex justify-end gap-2">
          <Button variant="outline" onClick={() => setIsLeaving(false)}>
            {text.common.back}
          </Button>
          <Button variant="danger" disabled={ending.isPending} onClick={() => ending.mutate(true)}>
            {billing.cancel}
          </Button>
        </div>
      </Dialog>
    </Box>
  );
}
