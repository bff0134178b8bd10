import { Box } from "@/components/box";
import { ForestPlot } from "@/components/charts/forest-plot";
import { DataTable } from "@/components/data-table";
import { Facts } from "@/components/facts";
import { DownloadButton } from "@/components/download-button";
import { digits, integer, interval, percent, probability, signedDigits } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import type { Card, Effect, Gate } from "../lib/card";
import { measureName } from "../lib/names";
import { OutcomeBadge } from "./parts";

const { report } = text.experiments;

function gateName(gate: Gate, card: Card): string {
  if (gate.name.startsWith("guardrail: ")) return report.guardrail(measureName(gate.name.slice(11)));
  if (gate.name.startsWith("anytime-valid: ")) return report.anytime;
  const { primary, goal } = card.question;
  return report.primary(measureName(primary), report.goals[goal] ?? goal);
}

/** "sentiment +0.06 [..]" is for logs; here only the numbers, as people write them. */
const numbersOf = (gate: Gate): string =>
  gate.reason
    .replace(/^[a-z_]+ (?=[+-])/, "")
    .replace("against", "≤")
    .replace(/\d+(?:\.\d+)?(?:e-\d+)?/g, (number) => digits(Number(number)));

export function GatesBox({ card }: { card: Card }) {
  return (
    <Box title={report.gates} hint={report.gatesHint} isFlush>
      <DataTable
        label={report.gates}
        rows={card.gates}
        keyOf={(gate) => gate.name}
        columns={[
          { key: "gate", head: report.gate, cell: (gate) => gateName(gate, card) },
          { key: "outcome", head: report.outcome, cell: (gate) => <OutcomeBadge outcome={gate.outcome} /> },
          {
            key: "numbers",
            head: report.numbers,
            cell: numbersOf,
            className: "tabular-nums text-muted-foreground",
          },
        ]}
      />
    </Box>
  );
}

export function EffectsBox({ card }: { card: Card }) {
  const head = [
    report.measure, report.baseline, report.candidate, report.delta, report.interval, report.p, report.deff, report.chats,
    report.effectiveChats, report.icc, report.moved, report.floor,
  ]; // prettier-ignore
  const raw = (effect: Effect) => [
    effect.measure, effect.mean_a, effect.mean_b, effect.delta, interval(effect.low, effect.high), effect.adjusted_p,
    effect.deff, effect.chats, effect.effective_chats, effect.icc, effect.moved ?? null, effect.noise_floor ?? null,
  ]; // prettier-ignore
  return (
    <Box
      title={report.effects}
      hint={report.effectsHint}
      isFlush
      actions={<DownloadButton file="evosense-relatorio.csv" rows={() => [head, ...card.effects.map(raw)]} />}
    >
      <div className="px-5 pb-4">
        <ForestPlot
          title={report.forest}
          margin={card.question.margin}
          rows={card.effects
            .filter((effect) => effect.unit === "-1..1" || effect.unit.startsWith("share"))
            .map((effect) => ({
              ...effect,
              key: effect.measure,
              label: measureName(effect.measure),
              estimate: effect.delta,
              isMarked: effect.measure === card.question.primary,
            }))}
        />
      </div>
      <DataTable
        label={report.effects}
        rows={card.effects}
        keyOf={(effect) => effect.measure}
        columns={[
          { key: "measure", head: report.measure, cell: (effect) => measureName(effect.measure) },
          { key: "a", head: report.baseline, cell: (effect) => digits(effect.mean_a), isNumber: true },
          { key: "b", head: report.candidate, cell: (effect) => digits(effect.mean_b), isNumber: true },
          { key: "delta", head: report.delta, cell: (effect) => signedDigits(effect.delta), isNumber: true },
          {
            key: "interval",
            head: report.interval,
            cell: (effect) => interval(effect.low, effect.high),
            isNumber: true,
            className: "whitespace-nowrap",
          },
          { key: "p", head: report.p, cell: (effect) => probability(effect.adjusted_p), isNumber: true },
          { key: "deff", head: report.deff, cell: (effect) => digits(effect.deff), isNumber: true },
          {
            key: "chats",
            head: report.chats,
            cell: (effect) => (
              <>
                {integer(effect.chats)}
                <span className="block text-xs text-muted-foreground">
                  {report.effective(integer(effect.effective_chats), digits(effect.icc))}
                </span>
              </>
            ),
            isNumber: true,
          },
          {
            key: "moved",
            head: report.moved,
            cell: (effect) => (
              <>
                {digits(effect.moved ?? null)}
                <span className="block text-xs text-muted-foreground">
                  {report.ownNoise(effect.noise_floor == null ? null : digits(effect.noise_floor))}
                </span>
              </>
            ),
            isNumber: true,
          },
        ]}
      />
    </Box>
  );
}

export function RatesBox({ card }: { card: Card }) {
  if (card.rates.length === 0) return null;
  const share = (value: number | null): string => percent(value === null ? null : value * 100);
  return (
    <Box title={report.rates} isFlush>
      <DataTable
        label={report.rates}
        rows={card.rates}
        keyOf={(rate) => rate.measure}
        columns={[
          { key: "measure", head: report.measure, cell: (rate) => measureName(rate.measure) },
          { key: "a", head: report.baseline, cell: (rate) => share(rate.rate_a), isNumber: true },
          { key: "b", head: report.candidate, cell: (rate) => share(rate.rate_b), isNumber: true },
          { key: "gained", head: report.gained, cell: (rate) => integer(rate.gained), isNumber: true },
          { key: "lost", head: report.lost, cell: (rate) => integer(rate.lost), isNumber: true },
          { key: "p", head: report.p, cell: (rate) => probability(rate.p), isNumber: true },
        ]}
      />
    </Box>
  );
}

export function LatencyBox({ card }: { card: Card }) {
  if (card.latency.length === 0) return null;
  return (
    <Box title={report.latency} isFlush>
      <DataTable
        label={report.latency}
        rows={card.latency}
        keyOf={(row) => String(row.share)}
        columns={[
          { key: "share", head: report.percentile, cell: (row) => `p${Math.round(row.share * 100)}` },
          { key: "a", head: report.baseline, cell: (row) => digits(row.a), isNumber: true },
          { key: "b", head: report.candidate, cell: (row) => digits(row.b), isNumber: true },
          { key: "delta", head: report.delta, cell: (row) => signedDigits(row.delta), isNumber: true },
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

export function BasisBox({ hash, card }: { hash: string; card: Card }) {
  const statuses = (counts: Record<string, number>): string =>
    Object.entries(counts)
      .map(([status, count]) => `${integer(count)} ${report.statuses[status] ?? status}`)
      .join(", ");
  const { coverage } = card;
  return (
    <Box title={report.basis}>
      <Facts
        facts={[
          [report.items, integer(coverage.items)],
          [report.paired, integer(coverage.paired)],
          [report.chats, integer(coverage.chats)],
          [report.baseline, statuses(coverage.statuses_a)],
          [report.candidate, statuses(coverage.statuses_b)],
          [report.hash, <code key="hash">{hash}</code>],
        ]}
      />
    </Box>
  );
}
