import { useQuery } from "@tanstack/react-query";

import { reasonOf } from "@/lib/api/action";
import type { Schemas } from "@/lib/api/client";
import { duration, digits, integer, microDollars, share } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { previewQuery } from "../api/queries";

const { preview } = text.experiments;

/** What a replay would do, cost and be able to show, before anything is asked for. */
export function Preview({ replay }: { replay: Schemas["Replay"] }) {
  const found = useQuery(previewQuery(replay));
  if (found.isError) {
    return (
      <p role="alert" className="text-sm text-bad">
        {reasonOf(found.error)}
      </p>
    );
  }
  if (!found.data) return null;
  const plan = found.data;
  const facts = [
    [preview.messages, integer(plan.items)],
    [preview.chats, integer(plan.chats)],
    [preview.calls, integer(plan.calls)],
    [preview.reused, integer(plan.reused)],
    [preview.cost, microDollars(plan.cost_micros)],
    [preview.eta, duration(plan.eta_seconds)],
  ] as const;
  return (
    <section aria-label={preview.title} aria-live="polite" className="rounded-lg bg-secondary p-4">
      <h3 className="mb-2 text-sm font-medium">{preview.title}</h3>
      {plan.items === 0 ? (
        <p className="text-sm">{preview.none}</p>
      ) : (
        <>
          <dl className="grid grid-cols-2 gap-x-6 gap-y-2 text-sm sm:grid-cols-3">
            {facts.map(([name, value]) => (
              <div key={name}>
                <dt className="text-xs text-muted-foreground">{name}</dt>
                <dd className="font-medium tabular-nums">{value}</dd>
              </div>
            ))}
          </dl>
          <p className="mt-3 text-[13px] text-muted-foreground">
            {`${preview.power(share(plan.power), digits(plan.delta))} ${preview.needed(integer(plan.chats_needed))}`}
          </p>
        </>
      )}
    </section>
  );
}
