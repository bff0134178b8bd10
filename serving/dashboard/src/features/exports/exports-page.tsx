import { useQuery } from "@tanstack/react-query";
import { Download, FileDown } from "lucide-react";
import { type SubmitEvent, useState } from "react";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { DataTable } from "@/components/data-table";
import { SettingsPage } from "@/components/settings-page";
import { Notice } from "@/components/states";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Input, Select } from "@/components/ui/input";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { follow } from "@/lib/api/file";
import { keys } from "@/lib/api/keys";
import { addDays, moment, shortDay, today } from "@/lib/format/days";
import { wordsIn } from "@/lib/format/form";
import { integer } from "@/lib/format/numbers";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

import { Backfills } from "./backfills";
import { DATASETS, FORMATS } from "./choices";
import { Schedules } from "./schedules";

const { exporting } = text;
const LOOK = { ready: "accent", done: "good", failed: "warn", refused: "bad", streaming: "accent" } as const;
type Job = Schemas["ExportJob"];

export function ExportsPage() {
  const me = useMe();
  const [isAsking, setIsAsking] = useState(false);
  const found = useQuery({
    queryKey: [...keys.exports, "jobs"],
    queryFn: ({ signal }) => unwrap(http.GET("/api/exports", { signal })),
    refetchInterval: (query) => (query.state.data?.some((job) => job.state === "streaming") ? 2_000 : 30_000),
  });
  return (
    <SettingsPage>
      <Box
        title={exporting.title}
        hint={exporting.hint}
        isFlush
        actions={
          <Button size="sm" onClick={() => setIsAsking(true)}>
            <FileDown aria-hidden="true" />
            {exporting.new}
          </Button>
        }
      >
        <Answered query={found}>
          {(jobs) =>
            jobs.length === 0 ? (
              <Notice icon={FileDown} title={exporting.empty} hint={exporting.emptyHint} />
            ) : (
              <Jobs jobs={jobs} zone={me.tenant.timezone} />
            )
          }
        </Answered>
      </Box>
      <Schedules />
      {me.role === "admin" && <Backfills zone={me.tenant.timezone} />}
      <Dialog isOpen={isAsking} onClose={() => setIsAsking(false)} title={exporting.new}>
        <ExportForm zone={me.tenant.timezone} onDone={() => setIsAsking(false)} />
      </Dialog>
    </SettingsPage>
  );
}

function Jobs({ jobs, zone }: { jobs: readonly Job[]; zone: string }) {
  const fetching = useAction({
    act: (id: string) =>
      unwrap(http.GET("/api/exports/{export_id}", { params: { path: { export_id: id } } })),
    then: (job) => {
      if (job.link) follow(job.link, job.filename);
    },
    renews: [keys.exports],
  });
  // eslint-disable-next-line react-hooks/purity -- whether it can be fetched is a question about now
  const now = Date.now();
  return (
    <DataTable
      label={exporting.title}
      rows={jobs}
      keyOf={(job) => job.id}
      columns={[
        {
          key: "dataset",
          head: exporting.dataset,
          cell: (job) => `${exporting.datasets[job.dataset]} (${job.format.toUpperCase()})`,
        },
        {
          key: "period",
          head: exporting.period,
          cell: (job) => `${shortDay(job.first_day)} – ${shortDay(job.last_day)}`,
          className: "whitespace-nowrap",
        },
        {
          key: "state",
          head: exporting.state,
          cell: (job) => <Badge variant={LOOK[job.state]}>{exporting.states[job.state]}</Badge>,
        },
        {
          key: "rows",
          head: exporting.rows,
          cell: (job) => integer(job.rows_total ?? job.rows_done),
          isNumber: true,
        },
        {
          key: "expires",
          head: exporting.expires,
          cell: (job) => moment(job.expires_at, zone),
          className: "whitespace-nowrap",
        },
        {
          key: "link",
          head: "",
          className: "text-right",
          cell: (job) =>
            Date.parse(job.expires_at) < now ? (
              exporting.expired
            ) : (
              <Button
                variant="outline"
                size="sm"
                disabled={fetching.isPending || job.state === "refused"}
                onClick={() => fetching.mutate(job.id)}
              >
                <Download aria-hidden="true" />
                {exporting.download}
              </Button>
            ),
        },
      ]}
    />
  );
}

function ExportForm({ zone, onDone }: { zone: string; onDone: () => void }) {
  const last = today(zone);
  const asking = useAction({
    act: (wish: Schemas["NewExport"]) => unwrap(http.POST("/api/exports", { body: wish })),
    renews: [keys.exports],
    told: exporting.created,
    then: (job) => {
      if (job.link) follow(job.link, job.filename);
      onDone();
    },
  });
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const word = wordsIn(event.currentTarget);
    asking.mutate({
      dataset: DATASETS.find((each) => each === word("dataset")) ?? "conversations",
      format: FORMATS.find((each) => each === word("format")) ?? "csv",
      first_day: word("from"),
      last_day: word("to"),
    });
  };
  return (
    <form onSubmit={submit} className="grid gap-4">
      <Field label={exporting.dataset} htmlFor="export-dataset">
        <Select id="export-dataset" name="dataset">
          {DATASETS.map((each) => (
            <option key={each} value={each}>
              {exporting.datasets[each]}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={exporting.format} htmlFor="export-format">
        <Select id="export-format" name="format">
          {FORMATS.map((each) => (
            <option key={each} value={each}>
              {each.toUpperCase()}
            </option>
          ))}
        </Select>
      </Field>
      <div className="grid grid-cols-2 gap-3">
        <Field label={exporting.from} htmlFor="export-from">
          <Input
            id="export-from"
            name="from"
            type="date"
            required
            max={last}
            defaultValue={addDays(last, -29)}
          />
        </Field>
        <Field label={exporting.to} htmlFor="export-to">
          <Input id="export-to" name="to" type="date" required max={last} defaultValue={last} />
        </Field>
      </div>
      <Button type="submit" className="justify-self-end" disabled={asking.isPending}>
        {exporting.create}
      </Button>
    </form>
  );
}
