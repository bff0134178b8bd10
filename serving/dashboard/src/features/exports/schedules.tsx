import { useQuery } from "@tanstack/react-query";
import type { SubmitEvent } from "react";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { DataTable } from "@/components/data-table";
import { Button } from "@/components/ui/button";
import { Field, Input, Select } from "@/components/ui/input";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { ok } from "@/lib/api/ok";
import { shortDay } from "@/lib/format/days";
import { wordsIn } from "@/lib/format/form";
import { text } from "@/lib/text";

import { DATASETS, EVERY } from "./choices";

const { exporting } = text;

/** Reports that are made again and again. */
export function Schedules() {
  const found = useQuery({
    queryKey: [...keys.exports, "schedules"],
    queryFn: ({ signal }) => unwrap(http.GET("/api/reports", { signal })),
  });
  const removing = useAction({
    act: (id: string) => ok(http.DELETE("/api/reports/{report_id}", { params: { path: { report_id: id } } })),
    renews: [keys.exports],
    told: exporting.removed,
  });
  return (
    <Box title={exporting.scheduled} hint={exporting.scheduledHint} isFlush>
      <ScheduleForm />
      <Answered query={found}>
        {(all) =>
          all.length === 0 ? (
            <p className="px-5 pb-3 text-sm text-muted-foreground">{exporting.noSchedules}</p>
          ) : (
            <DataTable
              label={exporting.scheduled}
              rows={all}
              keyOf={(each) => each.id}
              columns={[
                { key: "name", head: exporting.name, cell: (each) => each.name },
                { key: "dataset", head: exporting.dataset, cell: (each) => exporting.datasets[each.dataset] },
                { key: "every", head: exporting.every, cell: (each) => exporting.everies[each.every] },
                {
                  key: "covered",
                  head: exporting.covered,
                  cell: (each) => (each.last_period ? shortDay(each.last_period) : text.common.nothing),
                },
                {
                  key: "remove",
                  head: "",
                  className: "text-right",
                  cell: (each) => (
                    <Button
                      variant="outline"
                      size="sm"
                      disabled={removing.isPending}
                      onClick={() => removing.mutate(each.id)}
                    >
                      {exporting.remove}
                      <span className="sr-only">{` ${each.name}`}</span>
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

function ScheduleForm() {
  const scheduling = useAction({
    act: (wish: Schemas["NewScheduledReport"]) => unwrap(http.POST("/api/reports", { body: wish })),
    renews: [keys.exports],
    told: exporting.scheduledDone,
  });
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    const word = wordsIn(form);
    scheduling.mutate(
      {
        name: word("name"),
        dataset: DATASETS.find((each) => each === word("dataset")) ?? "daily_kpis",
        format: "csv",
        every: EVERY.find((each) => each === word("every")) ?? "week",
      },
      { onSuccess: () => form.reset() },
    );
  };
  return (
    <form onSubmit={submit} className="flex flex-wrap items-end gap-3 px-5 pb-4">
      <Field label={exporting.name} htmlFor="schedule-name" className="min-w-40 flex-1">
        <Input id="schedule-name" name="name" required maxLength={80} />
      </Field>
      <Field label={exporting.dataset} htmlFor="schedule-dataset">
        <Select id="schedule-dataset" name="dataset" defaultValue="daily_kpis">
          {DATASETS.map((each) => (
            <option key={each} value={each}>
              {exporting.datasets[each]}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={exporting.every} htmlFor="schedule-every">
        <Select id="schedule-every" name="every" defaultValue="week">
          {EVERY.map((each) => (
            <option key={each} value={each}>
              {exporting.everies[each]}
            </option>
          ))}
        </Select>
      </Field>
      <Button type="submit" variant="outline" disabled={scheduling.isPending}>
        {exporting.schedule}
      </Button>
    </form>
  );
}
