import { useQuery } from "@tanstack/react-query";
import { ArrowLeft, FileQuestion } from "lucide-react";
import { Link, useParams, useSearchParams } from "react-router";

import { Answered } from "@/components/answered";
import { Page } from "@/components/page";
import { Notice } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Card as Surface } from "@/components/ui/card";
import { moment } from "@/lib/format/days";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

import { promptsQuery, reportQuery } from "./api/queries";
import { Promote } from "./components/promote";
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
