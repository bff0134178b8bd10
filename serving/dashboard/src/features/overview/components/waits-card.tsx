import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { DataTable } from "@/components/data-table";
import { DownloadButton } from "@/components/download-button";
import type { Schemas } from "@/lib/api/client";
import { duration, integer, percent } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { waitsQuery } from "../api/insight-queries";
import { explainPath } from "@/lib/period/explain-path";
import type { Period } from "@/lib/period/period";

const { waits } = text.insight;
type Bounds = Schemas["Bounds"];
type Waits = Pick<Schemas["Waits"], "n" | "p50_ms" | "p90_ms" | "p95_ms">;
type Report = Record<"first_response" | "turn" | "resolution", Waits> &
  Record<"first_response_business" | "turn_business", Waits | null>;

interface Line {
  name: string;
  waits: Waits;
  metric?: string;
}

/** How long customers waited: half of them, nine out of ten. */
export function WaitsCard({ tenantId, period }: { tenantId: string; period: Period }) {
  const found = useQuery(waitsQuery(tenantId, period));
  return (
    <Box
      title={waits.title}
      hint={waits.hint}
      isFlush
      actions={
        found.data && (
          <DownloadButton
            file="evosense-tempos.csv"
            rows={() => [
              [waits.what, waits.n, `${waits.p50} (s)`, `${waits.p90} (s)`, `${waits.p95} (s)`],
              ...linesOf(found.data).map((line) => [
                line.name,
                line.waits.n,
                seconds(line.waits.p50_ms),
                seconds(line.waits.p90_ms),
                seconds(line.waits.p95_ms),
              ]),
            ]}
          />
        )
      }
    >
      <Answered query={found}>
        {(report) => (
          <>
            <DataTable
              label={waits.title}
              rows={linesOf(report)}
              keyOf={(line) => line.name}
              columns={[
                {
                  key: "what",
                  head: waits.what,
                  cell: (line) =>
                    line.metric ? (
                      <Link
                        to={explainPath(line.metric, period)}
                        className="text-accent-foreground hover:underline"
                      >
                        {line.name}
                      </Link>
                    ) : (
                      line.name
                    ),
                },
                {
                  key: "p50",
                  head: waits.p50,
                  cell: (line) => <Wait bounds={line.waits.p50_ms} />,
                  isNumber: true,
                },
                {
                  key: "p90",
                  head: waits.p90,
                  cell: (line) => <Wait bounds={line.waits.p90_ms} />,
                  isNumber: true,
                },
                { key: "n", head: waits.n, cell: (line) => integer(line.waits.n), isNumber: true },
              ]}
            />
            {report.unanswered && (
              <p className="px-5 pt-3 text-sm">
                <Link
                  to={`/conversas?resposta=sem&inicio=customer&de=${period.from}&ate=${period.to}`}
                  className="font-medium text-accent-foreground hover:underline"
                >
                  {waits.unanswered}
                </Link>{" "}
                <span className="tabular-nums">{percent(report.unanswered.value * 100)}</span>{" "}
                <span className="text-xs text-muted-foreground tabular-nums">
                  {`(n = ${integer(report.unanswered.n)}${
                    report.unanswered.low === null || report.unanswered.high === null
                      ? ""
                      : `, ${text.insight.interval(percent(report.unanswered.low * 100), percent(report.unanswered.high * 100))}`
                  })`}
                </span>
              </p>
            )}
          </>
        )}
      </Answered>
    </Box>
  );
}

function linesOf(report: Report): Line[] {
  return [
    { name: waits.first, waits: report.first_response, metric: "first_response_p50_ms" },
    ...(report.first_response_business
      ? [{ name: waits.firstBusiness, waits: report.first_response_business }]
      : []),
    { name: waits.turn, waits: report.turn, metric: "turn_wait_p50_ms" },
    ...(report.turn_business ? [{ name: waits.turnBusiness, waits: report.turn_business }] : []),
    { name: waits.resolution, waits: report.resolution },
  ];
}

const seconds = (bounds: Bounds | null): number | null => (bounds ? bounds.value / 1000 : null);

function Wait({ bounds }: { bounds: Bounds | null }) {
  if (!bounds) return text.common.nothing;
  return (
    <>
      {duration(bounds.value / 1000)}
      {bounds.low !== null && bounds.high !== null && (
        <span className="block text-xs text-muted-foreground">
          {`${duration(bounds.low / 1000)} – ${duration(bounds.high / 1000)}`}
        </span>
      )}
    </>
  );
}
