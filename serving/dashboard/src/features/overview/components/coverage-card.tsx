import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { DownloadButton } from "@/components/download-button";
import { Facts } from "@/components/facts";
import { Badge } from "@/components/ui/badge";
import { moment } from "@/lib/format/days";
import { integer, share } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { coverageQuery } from "../api/insight-queries";
import type { Period } from "@/lib/period/period";

const { gaps } = text.insight;
const MOST = 5;
const LOOK = { open: "warn", repaired: "good", partial: "warn", lost: "bad" } as Record<
  string,
  "warn" | "good" | "bad"
>;

/** How complete the picture is. */
export function CoverageCard({ tenantId, period, zone }: { tenantId: string; period: Period; zone: string }) {
  const found = useQuery(coverageQuery(tenantId, period));
  return (
    <Box
      title={gaps.title}
      actions={
        found.data && (
          <DownloadButton
            file="evosense-cobertura.csv"
            rows={() => [
              [text.charts.day, gaps.scored, gaps.embedded, gaps.audio, text.insight.gap],
              ...found.data.days.map((day) => [
                day.day,
                day.scored_share,
                day.embedded_share,
                day.audio_without_text,
                day.has_gap ? text.common.yes : text.common.no,
              ]),
            ]}
          />
        )
      }
    >
      <Answered query={found}>
        {(report) => (
          <div className="grid gap-4">
            <Facts
              facts={[
                [gaps.scored, `${share(report.total.scored_share)} (${integer(report.total.scored)})`],
                [gaps.embedded, share(report.total.embedded_share)],
                [gaps.audio, integer(report.total.audio_without_text)],
              ]}
            />
            <div>
              <h3 className="mb-1.5 text-sm font-medium">{gaps.gaps}</h3>
              {report.gaps.length === 0 ? (
                <p className="text-sm text-muted-foreground">{gaps.none}</p>
              ) : (
                <ul className="grid gap-1.5 text-sm">
                  {report.gaps.slice(0, MOST).map((gap) => (
                    <li key={gap.gap_id} className="flex flex-wrap items-center gap-2">
                      <Badge variant={LOOK[gap.state] ?? "plain"}>
                        {text.connections.gapStates[gap.state] ?? gap.state}
                      </Badge>
                      <Link to="/conexoes" className="hover:underline">
                        {`${moment(gap.from_at, zone)} – ${moment(gap.to_at, zone)}`}
                      </Link>
                      <span className="text-xs text-muted-foreground">
                        {gaps.recovered(integer(gap.recovered))}
                      </span>
                    </li>
                  ))}
                </ul>
              )}
            </div>
          </div>
        )}
      </Answered>
    </Box>
  );
}
