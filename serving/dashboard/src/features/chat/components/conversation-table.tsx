import { TrendingDown, TrendingUp } from "lucide-react";
import { Link } from "react-router";

import { DataTable } from "@/components/data-table";
import { DownloadButton } from "@/components/download-button";
import { Badge } from "@/components/ui/badge";
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
}

/** Conversations in lines, with what a manager looks for first. */
export function ConversationTable({ items, zone, connections }: TableProps) {
  const nameOf = (id: string): string =>
    connections.find((each) => each.id === id)?.name ?? text.common.nothing;
  const head = [
    conversations.began,
    conversations.state,
    conversations.sentiment,
    conversations.satisfaction,
    conversations.messages,
    conversations.firstResponse,
    conversations.connection,
  ];
  return (
    <>
      <div className="flex justify-end px-3 pt-2">
        <DownloadButton
          file="evosense-conversas.csv"
          rows={() => [
            head,
            ...items.map((item) => [
              item.started_at,
              item.state,
              item.sentiment_mean,
              item.satisfaction,
              item.messages_customer + item.messages_agent + item.messages_automated,
              item.first_response_seconds,
              nameOf(item.connection_id),
            ]),
          ]}
        />
      </div>
      <DataTable
        label={conversations.title}
        rows={items}
        keyOf={(item) => item.conversation_id}
        columns={[
          {
            key: "began",
            head: conversations.began,
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
            key: "state",
            head: conversations.state,
            cell: (item) => (
              <span className="flex flex-wrap gap-1">
                <Badge variant={item.state === "open" ? "accent" : "plain"}>
                  {conversations.states[item.state]}
                </Badge>
                {item.is_unanswered && <Badge variant="warn">{conversations.unansweredYes}</Badge>}
              </span>
            ),
          },
          { key: "mood", head: conversations.sentiment, cell: (item) => <Mood item={item} /> },
          {
            key: "satisfaction",
            head: conversations.satisfaction,
            cell: (item) => decimal(item.satisfaction),
            isNumber: true,
          },
          {
            key: "messages",
            head: conversations.messages,
            cell: (item) => integer(item.messages_customer + item.messages_agent + item.messages_automated),
            isNumber: true,
          },
          {
            key: "response",
            head: conversations.firstResponse,
            cell: (item) => duration(item.first_response_seconds),
            isNumber: true,
          },
          {
            key: "connection",
            head: conversations.connection,
            cell: (item) => nameOf(item.connection_id),
            className: "whitespace-nowrap",
          },
        ]}
      />
    </>
  );
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
