/** The card of a report, as `evosense.experiments.card` writes it. Undefined numbers arrive as null. */
import type { Schemas } from "@/lib/api/client";

type Maybe = number | null;
export type Outcome = "pass" | "fail" | "undecided";

export interface Effect {
  measure: string;
  unit: string;
  higher_is_better: boolean;
  n: number;
  chats: number;
  mean_a: Maybe;
  mean_b: Maybe;
  delta: number;
  low: Maybe;
  high: Maybe;
  p: Maybe;
  adjusted_p: Maybe;
  deff: Maybe;
  icc: Maybe;
  effective_chats: Maybe;
  /** Mean absolute difference per message, and the champion's with itself; older reports have neither. */
  moved?: Maybe;
  noise_floor?: Maybe;
}

export interface Rate {
  measure: string;
  rate_a: Maybe;
  rate_b: Maybe;
  delta: Maybe;
  low: Maybe;
  high: Maybe;
  gained: number;
  lost: number;
  p: Maybe;
}

export interface Percentile {
  share: number;
  a: Maybe;
  b: Maybe;
  delta: Maybe;
  low: Maybe;
  high: Maybe;
}

export interface Coefficient {
  name: string;
  estimate: Maybe;
  low: Maybe;
  high: Maybe;
  n: number;
}

export interface Confusion {
  column: string;
  categories: string[];
  counts: number[][];
}

export interface NoiseFloor {
  n: number;
  chats: number;
  self_disagreement: Maybe;
  cross_disagreement: Maybe;
  excess: Maybe;
  low: Maybe;
  high: Maybe;
  p: Maybe;
}

export interface Slice {
  dimension: string;
  value: string;
  n: number;
  chats: number;
  delta: number;
  low: Maybe;
  high: Maybe;
  adjusted_p: Maybe;
  is_claimed: boolean;
}

export interface Gate {
  name: string;
  outcome: Outcome;
  reason: string;
}

export interface Calibration {
  labels: number;
  raters: number;
  mae_a: Maybe;
  mae_b: Maybe;
  mae_delta: Maybe;
  mae_low: Maybe;
  mae_high: Maybe;
  bias_a: Maybe;
  bias_b: Maybe;
  truth: Maybe;
  truth_low: Maybe;
  truth_high: Maybe;
  alpha_raters: Maybe;
}

export interface Validity {
  outcome: string;
  chats: number;
  events: number;
  auc_a: Maybe;
  auc_b: Maybe;
  delta: Maybe;
  low: Maybe;
  high: Maybe;
}

interface Arm {
  label: string;
  prompt_hash: string;
  config_hash: string;
}

export interface Card {
  version: number;
  code_version: string;
  baseline: Arm;
  candidate: Arm;
  question: { primary: string; goal: string; margin: number; alpha: number };
  coverage: {
    items: number;
    paired: number;
    chats: number;
    statuses_a: Record<string, number>;
    statuses_b: Record<string, number>;
  };
  effects: Effect[];
  rates: Rate[];
  latency: Percentile[];
  agreement: Coefficient[];
  confusions: Confusion[];
  noise_floor: NoiseFloor | null;
  slices: Slice[];
  calibration: Calibration | null;
  validity: Validity[];
  gates: Gate[];
  outcome: Outcome;
}

const KNOWN_VERSION = 1;

/** The card of a report, or null when a newer server wrote it. */
export function cardOf(report: Schemas["ComparisonReport"]): Card | null {
  return report.card.version === KNOWN_VERSION ? (report.card as unknown as Card) : null;
}

export type Verdict = "better" | "worse" | "same" | "undecided";

/** What the primary measure says; the same rule as the API's sentence. */
export function verdictOf(card: Card): { verdict: Verdict; effect: Effect | undefined } {
  const { primary, margin, alpha } = card.question;
  const effect = card.effects.find((each) => each.measure === primary);
  if (effect?.low == null || effect.high == null) return { verdict: "undecided", effect };
  const [low, high] = effect.higher_is_better ? [effect.low, effect.high] : [-effect.high, -effect.low];
  const isSure = (effect.adjusted_p ?? effect.p ?? 1) <= alpha;
  if (isSure && low > 0) return { verdict: "better", effect };
  if (isSure && high < 0) return { verdict: "worse", effect };
  return { verdict: low > -margin && high < margin ? "same" : "undecided", effect };
}
