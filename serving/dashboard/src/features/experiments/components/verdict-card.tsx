import { CircleCheck, CircleHelp, CircleX } from "lucide-react";

import { Card as Surface } from "@/components/ui/card";
import { cn } from "@/lib/cn";
import { digits, integer, interval, probability, signedDigits } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { type Card, type Effect, verdictOf } from "../lib/card";
import { measureName } from "../lib/names";
import { OutcomeBadge } from "./parts";

const { report, runs } = text.experiments;
const LOOK = {
  pass: { icon: CircleCheck, className: "text-good" },
  fail: { icon: CircleX, className: "text-bad" },
  undecided: { icon: CircleHelp, className: "text-warn" },
} as const;

interface VerdictProps {
  card: Card;
  baseline: string;
  candidate: string;
}

/** The answer in one sentence, with the numbers that carry it. */
export function VerdictCard({ card, baseline, candidate }: VerdictProps) {
  const { verdict, effect } = verdictOf(card);
  const measure = measureName(card.question.primary);
  const broken = card.gates
    .filter((gate) => gate.outcome === "fail" && gate.name.startsWith("guardrail: "))
    .map((gate) => measureName(gate.name.replace("guardrail: ", "")));
  const { icon: Icon, className } = LOOK[card.outcome];
  const sentence =
    verdict === "same"
      ? report.verdicts.same(measure, digits(card.question.margin))
      : report.verdicts[verdict](measure);
  return (
    <Surface className="flex items-start gap-4 p-5" data-verdict={verdict}>
      <Icon className={cn("mt-0.5 size-7 shrink-0", className)} aria-hidden="true" />
      <div className="grid gap-1.5">
        <p className="flex flex-wrap items-center gap-2 text-sm text-muted-foreground">
          {runs.versus(candidate, baseline)}
          <OutcomeBadge outcome={card.outcome} />
        </p>
        <p className="text-lg font-semibold text-balance">{sentence}</p>
        {effect && <p className="text-sm text-muted-foreground tabular-nums">{numbersOf(effect)}</p>}
        {verdict === "undecided" && (
          <p className="text-sm text-muted-foreground">{report.advice(integer(effect?.chats))}</p>
        )}
        {broken.length > 0 && <p className="text-sm text-bad">{report.broken(broken.join(", "))}</p>}
      </div>
    </Surface>
  );
}

const numbersOf = (effect: Effect): string =>
  [
    `Δ ${signedDigits(effect.delta)} (${interval(effect.low, effect.high)})`,
    `p ${probability(effect.p)}`,
    `n = ${integer(effect.n)}`,
    `${integer(effect.chats)} ${report.chats.toLocaleLowerCase(text.locale)}`,
  ].join(" · ");
