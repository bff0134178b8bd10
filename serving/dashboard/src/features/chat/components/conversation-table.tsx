import { TrendingDown, TrendingUp } from "lucide-react";
import { Link } from "react-router";

import { DownloadButton } from "@/components/download-button";
import { Badge } from "@/components/ui/badge";
import { VirtualTable } from "@/components/virtual-table";
import type { Schemas } from "@/lib/api/client";
import { moment } from "@/lib/format/days";
import { moodOf } from "@/lib/format/mood";
import { decimal, duration, integer, sentiment } from "@/lib/format/numbers";
import { text } from "@/lib/text";

const { conversations } = text;
const MOOD = { positive: "good", neutral: "plain", negative: "bad" } as const;
type Item = Schemas["ConversationItem"];

interface TableProps {
  items: readonly Item[];
  zone: string;
  connections: readonly Schemas["Connection"][];
  hasMore: boolean;
  isLoadingMore: boolean;
  onMore: () => void;
}

const written = (item: Item): number =>
  item.messages_customer + item.messages_agent + item.messages_automated;

/** Conversations in lines, with what a manager looks for first. */
export function ConversationTable({ items, zone, connections, ...more }: TableProps) {
  const nameOf = (id: string): string =>
    connections.find((each) => each.id === id)?.name ?? text.common.nothing;
  return (
    <>
      <div className="flex items-center justify-between px-3 pt-2 pl-5">
        <span role="status" className="text-[13px] text-muted-foreground tabular-nums">
          {conversations.shown(integer(items.length))}
        </span>
        <DownloadButton file="evosense-conversas.csv" rows={() => exported(items, nameOf)} />
      </div>
      <VirtualTable
        label={conversations.title}
        rows={items}
        keyOf={(item) => item.conversation_id}
        {...more}
        columns={[
          {
            key: "began",
            head: conversations.began,
            width: "w-32",
            cell: (item) => (
              <Link
                to={`/atendimentos/${item.conversation_id}`}
                className="whitespace-nowrap text-accent-foreground hover:underline"
              >
                {moment(item.started_at, zone)}
              </Link>
            ),
          },
          {
            key: "mood",
            head: conversations.sentiment,
            width: "w-28",
            cell: (item) => <Mood item={item} />,
          },
          {
            key: "satisfaction",
            head: conversations.satisfaction,
            width: "w-28",
            cell: (item) => decimal(item.satisfaction),
            isNumber: true,
          },
          {
            key: "state",
            head: conversations.state,
            width: "w-52",
            cell: (item) => (
              <span className="flex gap-1">
                <Badge variant={item.state === "open" ? "accent" : "plain"}>
                  {conversations.states[item.state]}
                </Badge>
                {item.is_unanswered && <Badge variant="warn">{conversations.unansweredYes}</Badge>}
              </span>
            ),
          },
          {
            key: "response",
            head: conversations.firstResponse,
            width: "w-32",
            cell: (item) => duration(item.first_response_seconds),
            isNumber: true,
          },
          {
            key: "messages",
            head: conversations.messages,
            width: "w-28",
            cell: (item) => integer(written(item)),
            isNumber: true,
          },
          {
            key: "connection",
            head: conversations.connection,
            width: "w-48",
            cell: (item) => nameOf(item.connection_id),
          },
        ]}
      />
    </>
  );
}

function exported(items: readonly Item[], nameOf: (id: string) => string): (string | number | null)[][] {
  const head = [
    conversations.began,
    conversations.state,
    conversations.sentiment,
    conversations.satisfaction,
    conversations.messages,
    conversations.firstResponse,
    conversations.connection,
  ];
  const lines = items.map((item) => [
    item.started_at,
    conversations.states[item.state] ?? item.state,
    item.sentiment_mean,
    item.satisfaction,
    written(item),
    item.first_response_seconds,
    nameOf(item.connection_id),
  ]);
  return [head, ...lines];
}

function Mood({ item }: { item: Item }) {
  if (item.sentiment_mean === null) return text.common.nothing;
  return (
    <span className="flex items-center gap-1.5 whitespace-nowrap">
      <Badge variant={MOOD[moodOf(item.sentiment_mean)]}>{sentiment(item.sentiment_mean)}</Badge>
      {item.trajectory === "worsening" && (
        <TrendingDown className="size-4 text-bad" aria-label={conversations.trajectories.worsening} />
      )}
      {item.trajectory === "improving" && (
        <TrendingUp className="size-4 text-good" aria-label={conversations.trajectories.improving} />
      )}
    </span>
  );
}
