import type { Schemas } from "@/lib/api/client";

/** A subscription in one of these states never comes back: another one has to be bought. */
const FINAL: readonly string[] = ["canceled", "incomplete_expired"];

/** The subscription that can be changed; null where a plan has to be bought first. */
export function changeable(state: Schemas["BillingState"]): Schemas["Subscription"] | null {
  const { subscription } = state;
  if (!subscription || subscription.status === "incomplete" || FINAL.includes(subscription.status))
    return null;
  return subscription;
}
