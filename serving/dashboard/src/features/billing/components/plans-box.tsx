import { useQuery } from "@tanstack/react-query";
import { Check } from "lucide-react";
import { type SubmitEvent, useState } from "react";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Checkbox, Input } from "@/components/ui/input";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { cn } from "@/lib/cn";
import { dateOf } from "@/lib/format/days";
import { integer, money } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { plansQuery } from "../api/queries";
import { changeable } from "../lib/subscription";

const { billing } = text;
type Plan = Schemas["PlanForSale"];
type State = Schemas["BillingState"];

/** Everything that is sold, beside what the company has. */
export function PlansBox({ state, zone }: { state: State; zone: string }) {
  const found = useQuery(plansQuery);
  const hasSubscription = changeable(state) !== null;
  const [chosen, setChosen] = useState<Plan | null>(null);
  return (
    <Answered query={found}>
      {({ plans, addons }) => (
        <>
          <Box title={billing.plans}>
            <ul className="grid gap-4 sm:grid-cols-2 xl:grid-cols-4">
              {plans.map((plan) => (
                <PlanCard
                  key={plan.id}
                  plan={plan}
                  isCurrent={plan.id === state.entitlements.plan}
                  hasSubscription={hasSubscription}
                  onChoose={() => setChosen(plan)}
                />
              ))}
            </ul>
          </Box>
          {addons.length > 0 && hasSubscription && (
            <Box title={billing.addons}>
              <ul className="grid gap-3">
                {addons
                  .filter((addon) => isOffered(addon, state))
                  .map((addon) => (
                    // A new number from the server is the field's new beginning.
                    <AddOn
                      key={`${addon.id} ${state.addons[addon.id] ?? 0}`}
                      addon={addon}
                      now={state.addons[addon.id] ?? 0}
                    />
                  ))}
              </ul>
            </Box>
          )}
          <Dialog
            isOpen={chosen !== null}
            onClose={() => setChosen(null)}
            title={chosen ? titleOf(chosen, hasSubscription) : ""}
          >
            {chosen &&
              (hasSubscription ? (
                <Change plan={chosen} zone={zone} onDone={() => setChosen(null)} />
              ) : (
                <Purchase plan={chosen} addons={addons} />
              ))}
          </Dialog>
        </>
      )}
    </Answered>
  );
}

/** What the plan includes anyway is not sold beside it. */
const isOffered = ({ id, product }: Schemas["AddOnForSale"], { addons, entitlements }: State): boolean =>
  product === null || entitlements.products[product] !== "plan" || (addons[id] ?? 0) > 0;

const titleOf = (plan: Plan, hasSubscription: boolean): string =>
  hasSubscription ? billing.changeTitle(plan.name) : billing.buyTitle(plan.name);

interface PlanCardProps {
  plan: Plan;
  isCurrent: boolean;
  hasSubscription: boolean;
  onChoose: () => void;
}

function PlanCard({ plan, isCurrent, hasSubscription, onChoose }: PlanCardProps) {
  const included = Object.entries(plan.limits).map(([meter, limit]) =>
    limit === null
      ? billing.noLimit(billing.meters[meter] ?? meter)
      : (billing.includes[meter]?.(integer(limit)) ?? `${integer(limit)} ${meter}`),
  );
  return (
    <li className={cn("flex flex-col gap-3 rounded-xl border p-4", isCurrent && "border-primary")}>
      <div className="flex items-center justify-between gap-2">
        <h3 className="font-semibold">{plan.name}</h3>
        {isCurrent && <Badge variant="accent">{billing.current}</Badge>}
      </div>
      <p className="tabular-nums">
        {plan.price_cents === null ? (
          <span className="text-muted-foreground">{billing.byContract}</span>
        ) : (
          <>
            <span className="text-xl font-semibold">{money(plan.price_cents, plan.currency)}</span>{" "}
            <span className="text-sm text-muted-foreground">{billing.perMonth}</span>
          </>
        )}
      </p>
      <ul className="grid gap-1 text-[13px]">
        {[
          ...included,
          `${billing.retention}: ${billing.retentionDays(integer(plan.retention_days))}`,
          ...plan.products.map((each) => billing.products[each] ?? each),
        ].map((line) => (
          <li key={line} className="flex gap-1.5">
            <Check className="mt-0.5 size-3.5 shrink-0 text-good" aria-hidden="true" />
            {line}
          </li>
        ))}
      </ul>
      {!(isCurrent && hasSubscription) && plan.price_cents !== null && (
        <Button variant="outline" className="mt-auto" onClick={onChoose}>
          {hasSubscription ? billing.change : billing.choose}
        </Button>
      )}
    </li>
  );
}

/** The subscription moves to another plan. */
function Change({ plan, zone, onDone }: { plan: Plan; zone: string; onDone: () => void }) {
  const [reduces, setReduces] = useState(false);
  const changing = useAction({
    act: () => unwrap(http.PUT("/api/billing/plan", { body: { plan: plan.id, reduce: reduces } })),
    renews: [keys.billing, ["me"]],
    told: (outcome) => toldOf(outcome, zone),
    then: onDone,
  });
  return (
    <div className="grid gap-4">
      <p className="text-sm text-muted-foreground">{billing.changeHint}</p>
      <Checkbox
        label={billing.reduce}
        checked={reduces}
        onChange={(event) => setReduces(event.target.checked)}
      />
      <Button className="justify-self-end" disabled={changing.isPending} onClick={() => changing.mutate()}>
        {billing.change}
      </Button>
    </div>
  );
}

/** What came of a change: it holds, begins later, or waits for its payment. */
function toldOf(outcome: Schemas["Outcome"], zone: string): string {
  if (outcome.waits_for_payment) return billing.waitsForPayment;
  return outcome.begins_at ? billing.changesLater(dateOf(outcome.begins_at, zone)) : billing.changed;
}

/** Without a subscription Stripe's page sells the plan, with the add-ons that are ticked. */
function Purchase({ plan, addons }: { plan: Plan; addons: readonly Schemas["AddOnForSale"][] }) {
  const [ticked, setTicked] = useState<readonly string[]>([]);
  const buying = useAction({
    act: () => {
      const quantities = Object.fromEntries(ticked.map((id) => [id, 1]));
      return unwrap(http.POST("/api/billing/checkout", { body: { plan: plan.id, addons: quantities } }));
    },
    then: ({ url }) => location.assign(url),
  });
  const offered = addons.filter((addon) => addon.product === null || !plan.products.includes(addon.product));
  return (
    <div className="grid gap-4">
      {offered.length > 0 && (
        <fieldset className="grid gap-2 text-sm">
          <legend className="mb-2 text-muted-foreground">{billing.withAddons}</legend>
          {offered.map((addon) => (
            <Checkbox
              key={addon.id}
              label={`${addon.name} · ${billing.addonEach(money(addon.price_cents, addon.currency))}`}
              checked={ticked.includes(addon.id)}
              onChange={(event) =>
                setTicked(
                  event.target.checked ? [...ticked, addon.id] : ticked.filter((id) => id !== addon.id),
                )
              }
            />
          ))}
        </fieldset>
      )}
      <Button className="justify-self-end" disabled={buying.isPending} onClick={() => buying.mutate()}>
        {billing.choose}
      </Button>
    </div>
  );
}

function AddOn({ addon, now }: { addon: Schemas["AddOnForSale"]; now: number }) {
  const [quantity, setQuantity] = useState(String(now));
  const saving = useAction({
    act: () =>
      unwrap(
        http.PUT("/api/billing/addons/{addon_id}", {
          params: { path: { addon_id: addon.id } },
          body: { quantity: Number(quantity) },
        }),
      ),
    renews: [keys.billing],
    told: (outcome) => (outcome.waits_for_payment ? billing.waitsForPayment : billing.addonSaved),
  });
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    saving.mutate();
  };
  return (
    <li>
      <form onSubmit={submit} className="flex flex-wrap items-center gap-3 text-sm">
        <span className="min-w-40 flex-1">
          <span className="font-medium">{addon.name}</span>
          <span className="block text-[13px] text-muted-foreground">
            {billing.addonEach(money(addon.price_cents, addon.currency))}
            {now > 0 && ` · ${billing.addonNow(integer(now))}`}
          </span>
        </span>
        <Input
          type="number"
          min="0"
          max={addon.product === null ? "1000" : "1"}
          required
          aria-label={`${billing.quantity}: ${addon.name}`}
          className="w-24"
          value={quantity}
          onChange={(event) => setQuantity(event.target.value)}
        />
        <Button type="submit" variant="outline" disabled={saving.isPending}>
          {billing.apply}
        </Button>
      </form>
    </li>
  );
}
