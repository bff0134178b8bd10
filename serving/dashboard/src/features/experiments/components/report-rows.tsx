import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { DataTable } from "@/components/data-table";
import { DownloadButton } from "@/components/download-button";
import { MessageText } from "@/components/messages/message-text";
import { Notice } from "@/components/states";
import { Badge } from "@/components/ui/badge";
import { integer, interval, probability, sentiment, signedDigits } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { regressionsQuery } from "../api/queries";
import type { Card } from "../lib/card";

const { report } = text.experiments;

/** The messages behind the difference, worst first, both answers beside each other. */
export function RegressionsBox({ hash }: { hash: string }) {
  const found = useQuery(regressionsQuery(hash));
  return (
    <Box title={report.regressions} hint={report.regressionsHint} isFlush>
      <Answered query={found}>
        {(rows) =>
          rows.length === 0 ? (
            <Notice title={report.noRegressions} />
          ) : (
            <DataTable
              label={report.regressions}
              rows={rows}
              keyOf={(row) => row.message_id}
              columns={[
                {
                  key: "text",
                  head: text.messages.title,
                  cell: (row) => (
                    <Link
                      to={`/conversas/${row.chat_id}?mensagem=${row.message_id}`}
                      className="block min-w-56 font-normal hover:underline"
                    >
                      {row.text ? <MessageText words={row.text} /> : report.erased}
                    </Link>
                  ),
                },
                {
                  key: "a",
                  head: report.baseline,
                  cell: (row) => (
                    <Answer value={row.sentiment_a} emotion={row.emotion_a} summary={row.summary_a} />
                  ),
                },
                {
                  key: "b",
                  head: report.candidate,
                  cell: (row) => (
                    <Answer value={row.sentiment_b} emotion={row.emotion_b} summary={row.summary_b} />
                  ),
                },
                { key: "delta", head: report.delta, cell: (row) => sentiment(row.delta), isNumber: true },
              ]}
            />
          )
        }
      </Answered>
    </Box>
  );
}

function Answer({ value, emotion, summary }: { value: number; emotion: string; summary: string | null }) {
  return (
    <div className="min-w-36">
      <p className="font-medium tabular-nums">
        {sentiment(value)} <span className="font-normal">{text.emotions[emotion] ?? emotion}</span>
      </p>
      {summary && <p className="text-xs text-muted-foreground">{summary}</p>}
    </div>
  );
}

export function SlicesBox({ card }: { card: Card }) {
  // A company sees its own messages only: "which company" says nothing.
  const slices = card.slices.filter((each) => each.dimension !== "tenant");
  const dimension = (name: string): string => report.dimensions[name] ?? name;
  const value = (name: string, of: string): string => (name === "emotion" ? (text.emotions[of] ?? of) : of);
  const head = [report.slice, "", "n", report.chats, report.delta, report.interval, report.p];
  return (
    <Box
      title={report.slices}
      hint={report.slicesHint}
      isFlush
      actions={
        slices.length > 0 && (
          <DownloadButton
            file="evosense-recortes.csv"
            rows={() => [
              head,
              ...slices.map((each) => [
                each.dimension,
                each.value,
                each.n,
                each.chats,
                each.delta,
                interval(each.low, each.high),
                each.adjusted_p,
              ]),
            ]}
          />
        )
      }
    >
      {slices.length === 0 ? (
        <Notice title={report.noSlices} />
      ) : (
        <DataTable
          label={report.slices}
          className="max-h-96"
          rows={slices}
          keyOf={(each) => each.dimension + each.value}
          columns={[
            {
              key: "slice",
              head: report.slice,
              cell: (each) => (
                <span className="flex flex-wrap items-center gap-2 font-normal">
                  <span className="text-muted-foreground">{dimension(each.dimension)}</span>
                  {value(each.dimension, each.value)}
                  {each.is_claimed && <Badge variant="accent">{report.claimed}</Badge>}
                </span>
              ),
            },
            { key: "n", head: "n", cell: (each) => integer(each.n), isNumber: true },
            { key: "chats", head: report.chats, cell: (each) => integer(each.chats), isNumber: true },
            { key: "delta", head: report.delta, cell: (each) => signedDigits(each.delta), isNumber: true },
            {
              key: "interval",
              head: report.interval,
              cell: (each) => interval(each.low, each.high),
              isNumber: true,
              className: "whitespace-nowrap",
            },
            { key: "p", head: report.p, cell: (each) => probability(each.adjusted_p), isNumber: true },
          ]}
        />
      )}
    </Box>
  );
}
