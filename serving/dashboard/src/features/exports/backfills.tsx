import { useQuery } from "@tanstack/react-query";
import type { SubmitEvent } from "react";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { DataTable } from "@/components/data-table";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Field, Input, Select } from "@/components/ui/input";
import { Progress } from "@/components/ui/progress";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { addDays, shortDay, today } from "@/lib/format/days";
import { wordsIn } from "@/lib/format/form";
import { integer } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { BACKFILLS } from "./choices";

const { exporting } = text;
const isOpen = (each: Schemas["BackfillStatus"]): boolean => ["requested", "running"].includes(each.state);
const LOOK = {
  done: "good",
  failed: "bad",
  running: "accent",
  requested: "plain",
  canceled: "plain",
} as const;

/** Days to be made again. */
export function Backfills({ zone }: { zone: string }) {
  const found = useQuery({
    queryKey: [...keys.exports, "backfills"],
    queryFn: ({ signal }) => unwrap(http.GET("/api/backfills", { signal })),
    refetchInterval: (query) => (query.state.data?.some(isOpen) ? 3_000 : false),
  });
  const canceling = useAction({
    act: (id: string) =>
      unwrap(http.POST("/api/backfills/{backfill_id}/cancel", { params: { path: { backfill_id: id } } })),
    renews: [keys.exports],
    told: exporting.canceled,
  });
  return (
    <Box title={exporting.backfills} hint={exporting.backfillsHint} isFlush>
      <BackfillForm zone={zone} />
      <Answered query={found}>
        {(all) =>
          all.length === 0 ? (
            <p className="px-5 pb-3 text-sm text-muted-foreground">{exporting.noBackfills}</p>
          ) : (
            <DataTable
              label={exporting.backfills}
              rows={all}
              keyOf={(each) => each.id}
              columns={[
                { key: "kind", head: exporting.kind, cell: (each) => exporting.kinds[each.kind] },
                {
                  key: "period",
                  head: exporting.period,
                  cell: (each) => `${shortDay(each.first_day)} – ${shortDay(each.last_day)}`,
                },
                {
                  key: "state",
                  head: exporting.state,
                  cell: (each) => (
                    <Badge variant={LOOK[each.state]}>{exporting.backfillStates[each.state]}</Badge>
                  ),
                },
                {
                  key: "progress",
                  head: exporting.progress,
                  className: "min-w-32",
                  cell: (each) => (
                    <>
                      <Progress
                        label={exporting.progress}
                        value={each.items_done}
                        max={Math.max(each.items, each.items_done)}
                      />
                      <span className="text-xs text-muted-foreground tabular-nums">
                        {`${integer(each.items_done)} / ${integer(each.items)}`}
                      </span>
                    </>
                  ),
                },
                {
                  key: "cancel",
                  head: "",
                  className: "text-right",
                  cell: (each) =>
                    isOpen(each) && (
                      <Button
                        variant="outline"
                        size="sm"
                        disabled={canceling.isPending}
                        onClick={() => canceling.mutate(each.id)}
                      >
                        {exporting.cancel}
                      </Button>
                    ),
                },
              ]}
            />
          )
        }
      </Answered>
    </Box>
  );
}

function BackfillForm({ zone }: { zone: string }) {
  const last = today(zone);
  const asking = useAction({
    act: (wish: Schemas["NewBackfill"]) => unwrap(http.POST("/api/backfills", { body: wish })),
    renews: [keys.exports],
    told: exporting.started,
  });
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const word = wordsIn(event.currentTarget);
    asking.mutate({
      kind: BACKFILLS.find((each) => each === word("kind")) ?? "scoring",
      first_day: word("from"),
      last_day: word("to"),
    });
  };
  return (
    <form onSubmit={submit} className="flex flex-wrap items-end gap-3 px-5 pb-4">
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
        <Input
          id="backfill-from"
          name="from"
          type="date"
          required
          max={last}
          defaultValue={addDays(last, -6)}
        />
      </Field>
      <Field label={exporting.to} htmlFor="backfill-to">
        <Input id="backfill-to" name="to" type="date" required max={last} defaultValue={last} />
      </Field>
      <Button type="submit" variant="outline" disabled={asking.isPending}>
        {exporting.start}
      </Button>
    </form>
  );
}
