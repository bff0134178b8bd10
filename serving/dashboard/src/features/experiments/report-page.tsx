import { useQuery } from "@tanstack/react-query";
import { ArrowLeft, FileQuestion, Rocket } from "lucide-react";
import { useState } from "react";
import { Link, useParams, useSearchParams } from "react-router";

import { Answered } from "@/components/answered";
import { Page } from "@/components/page";
import { ReasonForm } from "@/components/reason-form";
import { Notice } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Card as Surface } from "@/components/ui/card";
import { Dialog } from "@/components/ui/dialog";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { moment } from "@/lib/format/days";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

import { promptsQuery, reportQuery } from "./api/queries";
import { AgreementBox, ConfusionBox, NoiseBox, PeopleBox, ValidityBox } from "./components/report-agreement";
import { BasisBox, EffectsBox, GatesBox, LatencyBox, RatesBox } from "./components/report-measures";
import { RegressionsBox, SlicesBox } from "./components/report-rows";
import { VerdictCard } from "./components/verdict-card";
import { type Card, cardOf } from "./lib/card";
import { versionName } from "./lib/names";

const { report: words, runs } = text.experiments;

export function ReportPage() {
  const { reportHash = "" } = useParams();
  const [search] = useSearchParams();
  const me = useMe();
  const found = useQuery(reportQuery(reportHash));
  const from = search.get("de");
  const card = found.data ? cardOf(found.data) : null;
  return (
    <Page
      title={words.title}
      subtitle={found.data && moment(found.data.created_at, me.tenant.timezone)}
      actions={
        <div className="flex flex-wrap gap-2">
          <Button asChild variant="ghost">
            <Link to={from ? `/experimentos/${from}` : "/experimentos"}>
              <ArrowLeft aria-hidden="true" />
              {from ? words.back : runs.back}
            </Link>
          </Button>
          {me.role === "admin" && found.data && card && <Promote report={found.data} card={card} />}
        </div>
      }
    >
      <Answered query={found}>
        {(report) =>
          card ? (
            <ReportBody hash={report.report_hash} card={card} />
          ) : (
            <Surface>
              <Notice icon={FileQuestion} title={words.unreadable} hint={words.newer} />
            </Surface>
          )
        }
      </Answered>
    </Page>
  );
}

function ReportBody({ hash, card }: { hash: string; card: Card }) {
  const versions = useQuery(promptsQuery).data;
  return (
    <>
      <VerdictCard
        card={card}
        baseline={versionName(versions, card.baseline.prompt_hash)}
        candidate={versionName(versions, card.candidate.prompt_hash)}
      />
      <GatesBox card={card} />
      <EffectsBox card={card} />
      <RegressionsBox hash={hash} />
      <SlicesBox card={card} />
      <div className="grid items-start gap-5 lg:grid-cols-2">
        <RatesBox card={card} />
        <LatencyBox card={card} />
        <AgreementBox card={card} />
        <NoiseBox card={card} />
        <PeopleBox card={card} />
        <ValidityBox card={card} />
      </div>
      {card.confusions.map((confusion) => (
        <ConfusionBox key={confusion.column} confusion={confusion} />
      ))}
      <BasisBox hash={hash} card={card} />
    </>
  );
}

/** Champion moves on this report, with a reason; the API checks the evidence again. */
function Promote({ report, card }: { report: Schemas["ComparisonReport"]; card: Card }) {
  const [isAsking, setIsAsking] = useState(false);
  const versions = useQuery(promptsQuery).data;
  const version = versionName(versions, card.candidate.prompt_hash);
  const isLive = versions?.some(
    (each) => each.prompt_hash === card.candidate.prompt_hash && each.channels.includes("champion"),
  );
  const moving = useAction({
    act: (reason: string) =>
      unwrap(
        http.POST("/api/prompts/move", {
          body: {
            name: "sentiment",
            channel: "champion",
            version: card.candidate.prompt_hash,
            reason,
            report_hash: report.report_hash,
          },
        }),
      ),
    renews: [keys.prompts],
    told: words.promoted,
    then: () => setIsAsking(false),
  });
  const isPassed = report.outcome === "pass";
  return (
    <>
      <Button
        disabled={!isPassed || isLive}
        title={isPassed ? undefined : words.promoteRefused}
        onClick={() => setIsAsking(true)}
      >
        <Rocket aria-hidden="true" />
        {words.promote}
      </Button>
      <Dialog isOpen={isAsking} onClose={() => setIsAsking(false)} title={words.promoteTitle(version)}>
        <ReasonForm
          hint={words.promoteHint}
          label={text.experiments.prompts.reason}
          submit={words.promote}
          isBusy={moving.isPending}
          onSubmit={(reason) => moving.mutate(reason)}
        />
      </Dialog>
    </>
  );
}
