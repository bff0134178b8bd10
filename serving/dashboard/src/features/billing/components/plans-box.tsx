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
import { integer, money } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { plansQuery } from "../api/queries";

const { billing } = text;
type Plan = Schemas["PlanForSale"];
type State = Schemas["BillingState"];

/** Everything that is sold, beside what the company has. */
export function PlansBox({ state }: { state: State }) {
  const found = useQuery(plansQuery);
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
                  hasSubscription={state.subscription !== null}
                  onChoose={() => setChosen(plan)}
                />
              ))}
            </ul>
          </Box>
          {addons.length > 0 && state.subscription && (
            <Box title={billing.addons}>
              <ul className="grid gap-3">
                {addons.map((addon) => (
                  <AddOn key={addon.id} addon={addon} />
                ))}
              </ul>
            </Box>
          )}
          <Dialog
            isOpen={chosen !== null}
            onClose={() => setChosen(null)}
            title={chosen ? billing.changeTitle(chosen.name) : ""}
          >
            {chosen && <Change plan={chosen} state={state} onDone={() => setChosen(null)} />}
          </Dialog>
        </>
      )}
    </Answered>
  );
}

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
      {!isCurrent && plan.price_cents !== null && (
        <Button variant="outline" className="mt-auto" onClick={onChoose}>
          {hasSubscription ? billing.change : billing.choose}
        </Button>
      )}
    </li>
  );
}

/** With a subscription the plan changes here; without one Stripe's page sells it. */
function Change({ plan, state, onDone }: { plan: Plan; state: State; onDone: () => void }) {
  const [reduces, setReduces] = useState(false);
  const changing = useAction({
    act: () => unwrap(http.PUT("/api/billing/plan", { body: { plan: plan.id, reduce: reduces } })),
    renews: [keys.billing, ["me"]],
    told: billing.changed,
    then: onDone,
  });
  const buying = useAction({
    act: () => unwrap(http.POST("/api/billing/checkout", { body: { plan: plan.id } })),
    then: ({ url }) => location.assign(url),
  });
  const isBusy = changing.isPending || buying.isPending;
  return (
    <div className="grid gap-4">
      <p className="text-sm text-muted-foreground">{billing.changeHint}</p>
      {state.subscription && (
        <Checkbox
          label={billing.reduce}
          checked={reduces}
          onChange={(event) => setReduces(event.target.checked)}
        />
      )}
      <Button
        className="justify-self-end"
        disabled={isBusy}
        onClick={() => (state.subscription ? changing.mutate() : buying.mutate())}
      >
        {state.subscription ? billing.change : billing.choose}
      </Button>
    </div>
  );
}

function AddOn({ addon }: { addon: Schemas["AddOnForSale"] }) {
  const [quantity, setQuantity] = useState("1");
  const saving = useAction({
    act: () =>
      unwrap(
        http.PUT("/api/billing/addons/{addon_id}", {
          params: { path: { addon_id: addon.id } },
          body: { quantity: Number(quantity) },
        }),
      ),
    renews: [keys.billing],
    told: billing.addonSaved,
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
          </span>
        </span>
        <Input
          type="number"
          min="0"
          max="1000"
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
