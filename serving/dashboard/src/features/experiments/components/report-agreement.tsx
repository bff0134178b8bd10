import { Box } from "@/components/box";
import { DataTable } from "@/components/data-table";
import { Facts } from "@/components/facts";
import { HeatTable } from "@/components/charts/heat-table";
import { digits, integer, interval, percent, probability } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import type { Card, Confusion } from "../lib/card";

const { report } = text.experiments;
const share = (value: number | null): string => percent(value === null ? null : value * 100);

export function AgreementBox({ card }: { card: Card }) {
  if (card.agreement.length === 0) return null;
  return (
    <Box title={report.agreement} isFlush>
      <DataTable
        label={report.agreement}
        rows={card.agreement}
        keyOf={(row) => row.name}
        columns={[
          { key: "name", head: report.coefficient, cell: (row) => report.coefficients[row.name] ?? row.name },
          { key: "estimate", head: report.estimate, cell: (row) => digits(row.estimate), isNumber: true },
          {
            key: "interval",
            head: report.interval,
            cell: (row) => interval(row.low, row.high),
            isNumber: true,
          },
          { key: "n", head: "n", cell: (row) => integer(row.n), isNumber: true },
        ]}
      />
    </Box>
  );
}

export function NoiseBox({ card }: { card: Card }) {
  const floor = card.noise_floor;
  if (!floor) return null;
  return (
    <Box title={report.noise} hint={report.noiseHint}>
      <Facts
        facts={[
          [report.selfDisagreement, share(floor.self_disagreement)],
          [report.crossDisagreement, share(floor.cross_disagreement)],
          [report.excess, `${share(floor.excess)} (p ${probability(floor.p)})`],
          ["n", integer(floor.n)],
        ]}
      />
    </Box>
  );
}

export function PeopleBox({ card }: { card: Card }) {
  const people = card.calibration;
  if (!people) return null;
  return (
    <Box title={report.calibration}>
      <Facts
        facts={[
          [report.labels, integer(people.labels)],
          [report.raters, integer(people.raters)],
          [`${report.error} (${report.baseline})`, digits(people.mae_a)],
          [`${report.error} (${report.candidate})`, digits(people.mae_b)],
          [report.delta, `${digits(people.mae_delta)} (${interval(people.mae_low, people.mae_high)})`],
          [report.truth, `${digits(people.truth)} (${interval(people.truth_low, people.truth_high)})`],
          [report.alpha, digits(people.alpha_raters)],
        ]}
      />
    </Box>
  );
}

export function ValidityBox({ card }: { card: Card }) {
  if (card.validity.length === 0) return null;
  return (
    <Box title={report.validity} isFlush>
      <DataTable
        label={report.validity}
        rows={card.validity}
        keyOf={(row) => row.outcome}
        columns={[
          {
            key: "outcome",
            head: report.measure,
            cell: (row) => report.outcomesNames[row.outcome] ?? row.outcome,
          },
          { key: "events", head: report.events, cell: (row) => integer(row.events), isNumber: true },
          {
            key: "a",
            head: `${report.auc} ${report.baseline}`,
            cell: (row) => digits(row.auc_a),
            isNumber: true,
          },
          {
            key: "b",
            head: `${report.auc} ${report.candidate}`,
            cell: (row) => digits(row.auc_b),
            isNumber: true,
          },
          {
            key: "interval",
            head: report.interval,
            cell: (row) => interval(row.low, row.high),
            isNumber: true,
          },
        ]}
      />
    </Box>
  );
}

export function ConfusionBox({ confusion }: { confusion: Confusion }) {
  const words: Record<string, string> =
    confusion.column === "emotion" ? text.emotions : confusion.column === "tone" ? text.tones : {};
  const names = confusion.categories.map((each) => words[each] ?? each);
  return (
    <Box
      title={report.confusion(report.columns[confusion.column] ?? confusion.column)}
      hint={report.confusionHint}
    >
      <HeatTable
        label={report.confusion(report.columns[confusion.column] ?? confusion.column)}
        columns={names}
        rows={confusion.counts.map((counts, place) => {
          const total = counts.reduce((sum, count) => sum + count, 0);
          return {
            name: names[place] ?? "",
            cells: counts.map((count) => ({
              shown: count === 0 ? "" : integer(count),
              strength: total ? count / total : null,
            })),
          };
        })}
      />
    </Box>
  );
}
