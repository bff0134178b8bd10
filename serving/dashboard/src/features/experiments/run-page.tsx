import { useQuery } from "@tanstack/react-query";
import { ArrowLeft, FileBarChart2, Hourglass } from "lucide-react";
import { Link, useParams } from "react-router";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { Facts } from "@/components/facts";
import { Page } from "@/components/page";
import { Notice } from "@/components/states";
import { Button } from "@/components/ui/button";
import { useAction } from "@/lib/api/action";
import { http, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { moment, shortDay } from "@/lib/format/days";
import { duration, integer, microDollars, share } from "@/lib/format/numbers";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

import { isOpen, promptsQuery, reportQuery, type Run, runQuery } from "./api/queries";
import { OutcomeBadge, RunState } from "./components/parts";
import { RunProgress } from "./components/run-progress";
import { candidateName } from "./lib/names";

const { runs, report } = text.experiments;

export function RunPage() {
  const { runId = "" } = useParams();
  const me = useMe();
  const run = useQuery(runQuery(runId));
  const versions = useQuery(promptsQuery).data;
  const canceling = useAction({
    act: () => unwrap(http.POST("/api/experiments/{run_id}/cancel", { params: { path: { run_id: runId } } })),
    renews: [keys.runs],
    told: runs.canceled,
  });
  const title = run.data
    ? runs.versus(
        run.data.candidates.map((each) => candidateName(versions, each)).join(", "),
        candidateName(versions, run.data.baseline),
      )
    : runs.title;
  return (
    <Page
      title={title}
      subtitle={run.data && `${shortDay(run.data.first_day)} – ${shortDay(run.data.last_day)}`}
      actions={
        <div className="flex flex-wrap gap-2">
          <Button asChild variant="ghost">
            <Link to="/experimentos">
              <ArrowLeft aria-hidden="true" />
              {runs.back}
            </Link>
          </Button>
          {me.role === "admin" && run.data && isOpen(run.data) && (
            <Button variant="danger" disabled={canceling.isPending} onClick={() => canceling.mutate()}>
              {runs.cancel}
            </Button>
          )}
        </div>
      }
    >
      <Answered query={run}>
        {(found) => (
          <>
            <Plan run={found} zone={me.tenant.timezone} />
            <Reports run={found} />
          </>
        )}
      </Answered>
    </Page>
  );
}

function Plan({ run, zone }: { run: Run; zone: string }) {
  return (
    <Box title={runs.plan} actions={<RunState state={run.state} />}>
      {run.state === "requested" ? (
        <Notice icon={Hourglass} title={runs.states.requested ?? ""} hint={runs.waiting} role="status" />
      ) : (
        <div className="grid gap-5" aria-live="polite">
          <RunProgress run={run} />
          {run.state === "running" && <Eta run={run} />}
          <div className="grid gap-x-10 gap-y-2 sm:grid-cols-2">
            <Facts
              facts={[
                [runs.messages, integer(run.items)],
                [runs.calls, integer(run.calls_planned)],
                [runs.reused, integer(run.calls_reused)],
                [runs.done, integer(run.calls_done)],
                [runs.failedCalls, integer(run.calls_failed)],
              ]}
            />
            <Facts
              facts={[
                [runs.sample, share(run.share_bp / 10_000)],
                [runs.estimated, microDollars(run.estimated_cost_micros)],
                [runs.spent, microDollars(run.cost_micros)],
                [runs.began, run.started_at ? moment(run.started_at, zone) : text.common.nothing],
                [runs.ended, run.ended_at ? moment(run.ended_at, zone) : text.common.nothing],
              ]}
            />
          </div>
          {run.error_class && (
            <p role="alert" className="rounded-lg bg-bad-soft px-4 py-2 text-sm text-bad">
              {`${runs.failed}: ${run.error_class}`}
            </p>
          )}
        </div>
      )}
    </Box>
  );
}

/** From the pace so far; nothing before there is one. */
function Eta({ run }: { run: Run }) {
  const fresh = run.calls_done - run.calls_reused;
  const left = run.calls_planned - run.calls_done - run.calls_failed;
  if (!run.started_at || fresh < 1 || left < 1) return null;
  // eslint-disable-next-line react-hooks/purity -- read again every second and a half with the counts
  const seconds = ((Date.now() - Date.parse(run.started_at)) / 1000 / fresh) * left;
  return <p className="text-sm text-muted-foreground">{runs.eta(duration(seconds))}</p>;
}

function Reports({ run }: { run: Run }) {
  return (
    <Box title={runs.reports} isFlush>
      {run.report_hashes.length === 0 ? (
        <Notice icon={FileBarChart2} title={runs.noReports} />
      ) : (
        <ul className="divide-y">
          {run.report_hashes.map((hash, place) => (
            <ReportLine key={hash} hash={hash} run={run} candidate={run.candidates[place] ?? ""} />
          ))}
        </ul>
      )}
    </Box>
  );
}

function ReportLine({ hash, run, candidate }: { hash: string; run: Run; candidate: string }) {
  const versions = useQuery(promptsQuery).data;
  const found = useQuery(reportQuery(hash));
  return (
    <li className="flex flex-wrap items-center gap-3 px-5 py-3 text-sm">
      <Link
        to={`/experimentos/relatorios/${hash}?de=${run.id}`}
        className="font-medium text-accent-foreground hover:underline"
      >
        {`${report.title}: ${candidateName(versions, candidate)}`}
      </Link>
      {found.data && <OutcomeBadge outcome={found.data.outcome} />}
    </li>
  );
}
