import { useQuery, useQueryClient } from "@tanstack/react-query";
import { HeartHandshake } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { DataTable } from "@/components/data-table";
import { DownloadButton } from "@/components/download-button";
import { Notice } from "@/components/states";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/input";
import { longDay } from "@/lib/format/days";
import { integer, sentiment } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { churnQuery } from "../api/queries";
import type { Grain } from "../lib/view";

const { retention } = text;
const SILENCES = [7, 14, 30] as const;
const SHOWN = 10;
const EVERYBODY = 100_000;

/** Contacts whose last conversation went badly or was never answered, silent since: whom to write to. */
export function ChurnCard({ tenantId, grain, day }: { tenantId: string; grain: Grain; day: string }) {
  const [silence, setSilence] = useState<number>(14);
  const [isWhole, setIsWhole] = useState(false);
  const client = useQueryClient();
  const query = (limit: number) => churnQuery(tenantId, grain, day, silence, limit);
  const found = useQuery(query(isWhole ? EVERYBODY : SHOWN));
  const { n, items: lost } = found.data ?? { n: 0, items: [] };
  return (
    <Box
      title={retention.churn}
      hint={retention.churnHint}
      isFlush
      actions={
        <>
          <Select
            aria-label={retention.silence}
            className="h-8 w-52"
            value={silence}
            onChange={(event) => setSilence(Number(event.target.value))}
          >
            {SILENCES.map((days) => (
              <option key={days} value={days}>
                {retention.silentFor(days)}
              </option>
            ))}
          </Select>
          {lost.length > 0 && (
            <DownloadButton
              file="evosense-perdidos.csv"
              rows={async () => [
                [retention.lastConversation, retention.reason, retention.mood, "id"],
                ...(await client.query(query(EVERYBODY))).items.map((each) => [
                  each.local_day,
                  retention.reasons[each.reason],
                  each.ending_sentiment,
                  each.conversation_id,
                ]),
              ]}
            />
          )}
        </>
      }
    >
      <Answered query={found}>
        {() =>
          lost.length === 0 ? (
            <Notice icon={HeartHandshake} title={retention.noChurn} className="py-8" />
          ) : (
            <>
              <DataTable
                label={retention.churn}
                rows={lost}
                keyOf={(each) => each.contact_id}
                columns={[
                  {
                    key: "day",
                    head: retention.lastConversation,
                    cell: (each) => (
                      <Link
                        to={`/atendimentos/${each.conversation_id}`}
                        className="whitespace-nowrap text-accent-foreground hover:underline"
                      >
                        {longDay(each.local_day)}
                      </Link>
                    ),
                  },
                  {
                    key: "reason",
                    head: retention.reason,
                    cell: (each) => (
                      <Badge variant={each.reason === "negative" ? "bad" : "warn"}>
                        {retention.reasons[each.reason]}
                      </Badge>
                    ),
                  },
                  {
                    key: "mood",
                    head: retention.mood,
                    cell: (each) => sentiment(each.ending_sentiment),
                    isNumber: true,
                  },
                ]}
              />
              {n > lost.length && (
                <div className="px-5 pt-2">
                  <Button variant="ghost" size="sm" onClick={() => setIsWhole(true)}>
                    {retention.showAll(integer(n))}
                  </Button>
                </div>
              )}
            </>
          )
        }
      </Answered>
    </Box>
  );
}
