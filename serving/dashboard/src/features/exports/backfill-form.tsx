import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";

import { Button } from "@/components/ui/button";
import { Field, Input, Select } from "@/components/ui/input";
import { reasonOf, useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { addDays, today } from "@/lib/format/days";
import { wordsIn } from "@/lib/format/form";
import { duration, integer, microDollars } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { BACKFILLS } from "./choices";

const { exporting } = text;
type Wish = Schemas["NewBackfill"];

/** Asks for days to be made again, and says before what scoring them would take. */
export function BackfillForm({ zone }: { zone: string }) {
  const last = today(zone);
  const [wish, setWish] = useState<Wish>({
    kind: "scoring",
    first_day: addDays(last, -6),
    last_day: last,
  });
  const asking = useAction({
    act: () => unwrap(http.POST("/api/backfills", { body: wish })),
    renews: [keys.exports],
    told: exporting.started,
  });
  const read = (form: HTMLFormElement): void => {
    const word = wordsIn(form);
    setWish({
      kind: BACKFILLS.find((each) => each === word("kind")) ?? "scoring",
      first_day: word("from"),
      last_day: word("to"),
    });
  };
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    asking.mutate();
  };
  return (
    <form
      onSubmit={submit}
      onChange={(event) => read(event.currentTarget)}
      className="flex flex-wrap items-end gap-3 px-5 pb-4"
    >
      <Field label={exporting.kind} htmlFor="backfill-kind" className="min-w-36 flex-1">
        <Select id="backfill-kind" name="kind">
          {BACKFILLS.map((each) => (
            <option key={each} value={each}>
              {exporting.kinds[each]}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={exporting.from} htmlFor="backfill-from">
        <Input id="backfill-from" name="from" type="date" required max={last} defaultValue={wish.first_day} />
      </Field>
      <Field label={exporting.to} htmlFor="backfill-to">
        <Input id="backfill-to" name="to" type="date" required max={last} defaultValue={wish.last_day} />
      </Field>
      <Button type="submit" variant="outline" disabled={asking.isPending}>
        {exporting.start}
      </Button>
      {wish.kind === "scoring" && wish.first_day && wish.last_day && wish.first_day <= wish.last_day && (
        <Expected first={wish.first_day} last={wish.last_day} />
      )}
    </form>
  );
}

function Expected({ first, last }: { first: string; last: string }) {
  const found = useQuery({
    queryKey: [...keys.exports, "estimate", first, last],
    queryFn: ({ signal }) =>
      unwrap(
        http.GET("/api/backfills/estimate", {
          params: { query: { first_day: first, last_day: last } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
  if (found.isError) {
    return (
      <p role="alert" className="w-full text-sm text-bad">
        {reasonOf(found.error)}
      </p>
    );
  }
  if (!found.data) return null;
  const { messages, cost_usd: cost, seconds } = found.data;
  return (
    <p aria-live="polite" className="w-full text-sm text-muted-foreground tabular-nums">
      {messages === 0
        ? exporting.nothingMissing
        : exporting.expected(integer(messages), microDollars(cost * 1e6), duration(seconds))}
    </p>
  );
}
