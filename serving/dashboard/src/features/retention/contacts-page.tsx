import { useQuery } from "@tanstack/react-query";
import { UsersRound } from "lucide-react";
import { Link, useSearchParams } from "react-router";

import { BackButton } from "@/components/back-button";
import { Answered, CardSkeleton } from "@/components/answered";
import { DataTable } from "@/components/data-table";
import { DownloadButton } from "@/components/download-button";
import { Page } from "@/components/page";
import { Notice } from "@/components/states";
import { Card } from "@/components/ui/card";
import { Segmented } from "@/components/ui/segmented";
import type { Schemas } from "@/lib/api/client";
import { isDay, today } from "@/lib/format/days";
import { integer } from "@/lib/format/numbers";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

import { cohortContactsQuery, stageContactsQuery, STAGES } from "./api/queries";
import { longPeriodName, periodName } from "./lib/names";
import { type Grain, readView } from "./lib/view";

const { retention } = text;

/** The contacts behind a number of retention; each leads to its conversations. */
export function ContactsPage() {
  const [search] = useSearchParams();
  const stage = STAGES.find((each) => each === search.get("fase"));
  const startsOn = search.get("inicio");
  const back = <BackButton otherwise="/retencao" />;
  return stage && startsOn && isDay(startsOn) ? (
    <OfStage stage={stage} startsOn={startsOn} grain={readView(search).grain} back={back} />
  ) : (
    <OfCell back={back} />
  );
}

interface OfStageProps {
  stage: (typeof STAGES)[number];
  startsOn: string;
  grain: Grain;
  back: React.ReactNode;
}

function OfStage({ stage, startsOn, grain, back }: OfStageProps) {
  const { id } = useMe().tenant;
  const found = useQuery(stageContactsQuery(id, grain, startsOn, stage));
  return (
    <Page
      title={retention.contactsTitle}
      subtitle={`${retention.stages[stage]} · ${longPeriodName(startsOn, grain)}`}
      actions={back}
    >
      <Answered query={found} loading={<CardSkeleton lines={8} />}>
        {(list) => <Contacts list={list} grain={grain} />}
      </Answered>
    </Page>
  );
}

function OfCell({ back }: { back: React.ReactNode }) {
  const { id, timezone } = useMe().tenant;
  const [search, setSearch] = useSearchParams();
  const view = readView(search);
  const given = search.get("grupo");
  const cohort = given !== null && isDay(given) ? given : today(timezone);
  const column = Math.max(0, Number(search.get("coluna")) || 0);
  const cameBack = search.get("voltou") !== "nao";
  const found = useQuery(cohortContactsQuery(id, view, today(timezone), { cohort, column, cameBack }));
  return (
    <Page
      title={retention.contactsTitle}
      subtitle={retention.cohortAt(longPeriodName(cohort, view.grain), search.get("nome") ?? "")}
      actions={back}
    >
      <Segmented
        label={retention.contactsTitle}
        className="w-fit"
        value={cameBack ? "sim" : "nao"}
        options={[
          { value: "sim", label: retention.cameBack },
          { value: "nao", label: retention.stayedAway },
        ]}
        onChange={(value) =>
          setSearch(
            (before) => {
              const next = new URLSearchParams(before);
              if (value === "nao") next.set("voltou", value);
              else next.delete("voltou");
              return next;
            },
            { replace: true },
          )
        }
      />
      <Answered query={found} loading={<CardSkeleton lines={8} />}>
        {(list) => <Contacts list={list} grain={view.grain} />}
      </Answered>
    </Page>
  );
}

function Contacts({ list, grain }: { list: Schemas["ContactList"]; grain: Grain }) {
  if (list.n === 0) {
    return (
      <Card>
        <Notice icon={UsersRound} title={retention.nobody} />
      </Card>
    );
  }
  const head = [retention.contact, retention.firstOn, retention.lastOn, retention.periodsWritten[grain]];
  return (
    <Card className="overflow-hidden">
      <div className="flex items-center justify-between gap-3 px-5 pt-3">
        <span role="status" className="text-[13px] text-muted-foreground tabular-nums">
          {retention.shownOf(integer(list.items.length), integer(list.n))}
        </span>
        <DownloadButton
          file="evosense-contatos.csv"
          rows={() => [
            head,
            ...list.items.map((each) => [each.contact_id, each.first_on, each.last_on, each.periods]),
          ]}
        />
      </div>
      <DataTable
        label={retention.contactsTitle}
        rows={list.items}
        keyOf={(each) => each.contact_id}
        columns={[
          {
            key: "contact",
            head: retention.contact,
            cell: (each) => (
              <Link
                to={`/conversas?contato=${each.contact_id}`}
                className="whitespace-nowrap text-accent-foreground hover:underline"
              >
                {retention.seeConversations}
                <span className="sr-only">{` ${each.contact_id.slice(-6)}`}</span>
              </Link>
            ),
          },
          { key: "first", head: retention.firstOn, cell: (each) => periodName(each.first_on, grain) },
          {
            key: "last",
            head: retention.lastOn,
            cell: (each) => (each.last_on ? periodName(each.last_on, grain) : text.common.nothing),
          },
          {
            key: "periods",
            head: retention.periodsWritten[grain],
            cell: (each) => integer(each.periods),
            isNumber: true,
          },
        ]}
      />
    </Card>
  );
}
