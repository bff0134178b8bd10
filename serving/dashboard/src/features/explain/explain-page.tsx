import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { SearchX } from "lucide-react";
import { Link, useSearchParams } from "react-router";

import { BackButton } from "@/components/back-button";
import { Answered } from "@/components/answered";
import { type Column, DataTable } from "@/components/data-table";
import { DownloadButton } from "@/components/download-button";
import { Page } from "@/components/page";
import { Notice } from "@/components/states";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { definitionsQuery } from "@/lib/api/queries";
import { addDays, fullDay, isDay, moment, today } from "@/lib/format/days";
import { digits, integer } from "@/lib/format/numbers";
import { inUnit } from "@/lib/format/units";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

const { explain, hours, definitions, labels } = text.insight;
const WEEKDAYS = hours.weekdays;
const PAGE = 100;
const WEEK = 6;

/** What a number rests on, one line each, every line a click away from its conversation. */
export function ExplainPage() {
  const { id: tenantId, timezone: zone } = useMe().tenant;
  const [search, setSearch] = useSearchParams();
  const { metric, from, to, hour, weekday, offset } = read(search, zone);
  const registry = useQuery(definitionsQuery);
  const found = useQuery({
    queryKey: ["explain", tenantId, metric, from, to, hour, weekday, offset],
    queryFn: ({ signal }) =>
      unwrap(
        http.GET("/api/tenants/{tenant_id}/explain", {
          params: {
            path: { tenant_id: tenantId },
            query: {
              metric,
              from,
              to,
              limit: PAGE,
              offset,
              ...(hour !== null && { hour }),
              ...(weekday !== null && { weekday }),
            },
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
  const described = registry.data?.find((each) => each.name === metric);
  const turn = (by: number): void =>
    setSearch((before) => {
      const next = new URLSearchParams(before);
      next.set("pular", String(Math.max(0, offset + by)));
      return next;
    });
  return (
    <Page
      title={(described && labels[described.name]) ?? described?.label ?? explain.title}
      subtitle={[
        from === to ? fullDay(from) : `${fullDay(from)} – ${fullDay(to)}`,
        ...(weekday === null ? [] : [explain.weekday(WEEKDAYS[weekday - 1] ?? "")]),
        ...(hour === null ? [] : [explain.hour(hour)]),
      ].join(", ")}
      actions={<BackButton otherwise="/" />}
    >
      <Answered query={found}>
        {(explanation) => (
          <Card className="overflow-hidden">
            <Head explanation={explanation} described={described} />
            {explanation.items.length === 0 ? (
              <Notice icon={SearchX} title={explain.empty} />
            ) : (
              <Items explanation={explanation} metric={metric} zone={zone} unit={described?.unit} />
            )}
            {(offset > 0 || offset + PAGE < explanation.n) && (
              <div className="flex justify-center gap-2 p-4">
                <Button variant="outline" disabled={offset === 0} onClick={() => turn(-PAGE)}>
                  {explain.before}
                </Button>
                <Button
                  variant="outline"
                  disabled={offset + PAGE >= explanation.n}
                  onClick={() => turn(PAGE)}
                >
                  {explain.after}
                </Button>
              </div>
            )}
          </Card>
        )}
      </Answered>
    </Page>
  );
}

function read(search: URLSearchParams, zone: string) {
  const day = (name: string, otherwise: string): string => {
    const given = search.get(name);
    return given !== null && isDay(given) ? given : otherwise;
  };
  const to = day("ate", today(zone));
  const within = (name: string, least: number, most: number): number | null => {
    const given = search.get(name);
    const value = given !== null && /^\d{1,2}$/.test(given) ? Number(given) : null;
    return value !== null && value >= least && value <= most ? value : null;
  };
  return {
    metric: search.get("metrica") ?? "messages_in",
    from: day("de", addDays(to, -WEEK)),
    to,
    hour: within("hora", 0, 23),
    weekday: within("dia", 1, 7),
    offset: Math.max(0, Number(search.get("pular")) || 0),
  };
}

interface HeadProps {
  explanation: Schemas["Explanation"];
  described: Schemas["Described"] | undefined;
}

function Head({ explanation, described }: HeadProps) {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b px-5 py-4 text-sm">
      <p className="font-medium tabular-nums">
        {explain.counted(integer(explanation.counted), integer(explanation.n))}
      </p>
      {described && <p className="text-muted-foreground">{definitions[described.name]}</p>}
      <div className="ml-auto">
        <DownloadButton
          file="evosense-origem.csv"
          rows={() => [
            [explain.at, explain.counts, explain.value, "id"],
            ...explanation.items.map((item) => [
              item.at,
              item.counts ? explain.yes : explain.no,
              item.value,
              item.id,
            ]),
          ]}
        />
      </div>
    </div>
  );
}

/** Messages of groups, and those that nobody wrote, belong to no conversation with a customer. */
const APART = new Set(["messages_group", "messages_other"]);

/** Only where some of them do not. */
const COUNTS: Column<Schemas["Explanation"]["items"][number]> = {
  key: "counts",
  head: explain.counts,
  cell: (item) => (
    <Badge variant={item.counts ? "accent" : "plain"}>{item.counts ? explain.yes : explain.no}</Badge>
  ),
};

interface ItemsProps {
  explanation: Schemas["Explanation"];
  metric: string;
  zone: string;
  unit: string | undefined;
}

function Items({ explanation, metric, zone, unit }: ItemsProps) {
  // What stands behind a share or a count is a message with its sentiment.
  const hasConversation = explanation.kind !== "inference" && !APART.has(metric);
  const show = unit === "milliseconds" || unit === "micro_usd" ? inUnit(unit) : digits;
  return (
    <DataTable
      label={explain.title}
      rows={explanation.items}
      keyOf={(item) => item.id}
      columns={[
        {
          key: "at",
          head: explain.at,
          className: "font-normal whitespace-nowrap",
          cell: (item) => moment(item.at, zone),
        },
        ...(explanation.counted === explanation.n ? [] : [COUNTS]),
        { key: "value", head: explain.value, cell: (item) => show(item.value), isNumber: true },
        {
          key: "open",
          head: "",
          className: "text-right",
          cell: (item) =>
            hasConversation && (
              <Link
                to={`/atendimentos/${item.id}${explanation.kind === "message" ? `?mensagem=${item.id}` : ""}`}
                className="text-accent-foreground hover:underline"
              >
                {explain.conversation}
              </Link>
            ),
        },
      ]}
    />
  );
}
