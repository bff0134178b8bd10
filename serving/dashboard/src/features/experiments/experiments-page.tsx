import { useQuery } from "@tanstack/react-query";
import { FlaskConical, Plus } from "lucide-react";
import { useState } from "react";
import { Link, useNavigate } from "react-router";

import { Answered } from "@/components/answered";
import { DataTable } from "@/components/data-table";
import { Page } from "@/components/page";
import { Notice } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Dialog } from "@/components/ui/dialog";
import { moment, shortDay } from "@/lib/format/days";
import { microDollars } from "@/lib/format/numbers";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

import { promptsQuery, type Run, runsQuery } from "./api/queries";
import { ExperimentTabs, RunState } from "./components/parts";
import { ReplayForm } from "./components/replay-form";
import { RunProgress } from "./components/run-progress";
import { candidateName } from "./lib/names";

const { experiments } = text;
const { runs } = experiments;

export function ExperimentsPage() {
  const me = useMe();
  const all = useQuery(runsQuery);
  const [isAsking, setIsAsking] = useState(false);
  const navigate = useNavigate();
  const ask = me.role === "admin" && (
    <Button onClick={() => setIsAsking(true)}>
      <Plus aria-hidden="true" />
      {runs.new}
    </Button>
  );
  return (
    <Page title={experiments.title} subtitle={experiments.subtitle} actions={ask}>
      <ExperimentTabs />
      <Answered query={all}>
        {(found) =>
          found.length === 0 ? (
            <Card>
              <Notice icon={FlaskConical} title={runs.empty} hint={runs.emptyHint}>
                {ask || <p className="text-sm text-muted-foreground">{experiments.adminOnly}</p>}
              </Notice>
            </Card>
          ) : (
            <Card className="overflow-hidden">
              <RunTable runs={found} zone={me.tenant.timezone} />
            </Card>
          )
        }
      </Answered>
      <Dialog isOpen={isAsking} onClose={() => setIsAsking(false)} title={runs.new}>
        <ReplayForm
          zone={me.tenant.timezone}
          onAsked={(id) => {
            setIsAsking(false);
            void navigate(`/experimentos/${id}`);
          }}
        />
      </Dialog>
    </Page>
  );
}

function RunTable({ runs: rows, zone }: { runs: readonly Run[]; zone: string }) {
  const versions = useQuery(promptsQuery).data;
  const names = (run: Run): string =>
    runs.versus(
      run.candidates.map((each) => candidateName(versions, each)).join(", "),
      candidateName(versions, run.baseline),
    );
  return (
    <DataTable
      label={runs.title}
      rows={rows}
      keyOf={(run) => run.id}
      columns={[
        {
          key: "versions",
          head: runs.versions,
          cell: (run) => (
            <Link to={`/experimentos/${run.id}`} className="text-accent-foreground hover:underline">
              {names(run)}
            </Link>
          ),
        },
        {
          key: "window",
          head: runs.window,
          cell: (run) => `${shortDay(run.first_day)} – ${shortDay(run.last_day)}`,
          className: "whitespace-nowrap",
        },
        { key: "state", head: runs.state, cell: (run) => <RunState state={run.state} /> },
        {
          key: "progress",
          head: runs.progress,
          cell: (run) => <RunProgress run={run} />,
          className: "min-w-40",
        },
        { key: "cost", head: runs.cost, cell: (run) => microDollars(run.cost_micros), isNumber: true },
        {
          key: "asked",
          head: runs.asked,
          cell: (run) => moment(run.requested_at, zone),
          className: "whitespace-nowrap",
        },
      ]}
    />
  );
}
