/** How retention is looked at; it lives in the address, so that it can be shared and gone back to. */
import { addDays, type DayText } from "@/lib/format/days";

export const GRAINS = ["day", "week", "month"] as const;
export const KINDS = ["on", "on_or_after", "bracket", "every"] as const;
export type Grain = (typeof GRAINS)[number];
export type Kind = (typeof KINDS)[number];

export interface View {
  grain: Grain;
  kind: Kind;
  /** False: every active period opens a cohort. */
  firstTime: boolean;
  reference: "first" | "previous";
  mean: "weighted" | "simple";
}

export const STANDARD: View = {
  grain: "week",
  kind: "on",
  firstTime: true,
  reference: "first",
  mean: "weighted",
};

const oneOf = <T extends string>(known: readonly T[], value: string | null, otherwise: T): T =>
  known.find((each) => each === value) ?? otherwise;

export function readView(search: URLSearchParams): View {
  return {
    grain: oneOf(GRAINS, search.get("periodo"), STANDARD.grain),
    kind: oneOf(KINDS, search.get("volta"), STANDARD.kind),
    firstTime: search.get("grupos") !== "todos",
    reference: search.get("base") === "anterior" ? "previous" : "first",
    mean: search.get("media") === "simples" ? "simple" : "weighted",
  };
}

export function writeView(view: View): Record<string, string> {
  return {
    ...(view.grain !== STANDARD.grain && { periodo: view.grain }),
    ...(view.kind !== STANDARD.kind && { volta: view.kind }),
    ...(!view.firstTime && { grupos: "todos" }),
    ...(view.reference === "previous" && { base: "anterior" }),
    ...(view.mean === "simple" && { media: "simples" }),
  };
}

/** How many periods are looked back on, and how many are followed. */
const BACK: Record<Grain, number> = { day: 14, week: 12, month: 12 };
const LONGEST: Record<Grain, number> = { day: 1, week: 7, month: 31 };

export const periodsOf = (grain: Grain): number => BACK[grain];

/** The days that hold the periods, up to today. */
export function daysOf(grain: Grain, today: DayText): { from: DayText; to: DayText } {
  const back =
    grain === "month" ? addMonths(today, 1 - BACK.month) : addDays(today, -BACK[grain] * LONGEST[grain] + 1);
  return { from: back, to: today };
}

function addMonths(day: DayText, count: number): DayText {
  const [year = 0, month = 1] = day.split("-").map(Number);
  return new Date(Date.UTC(year, month - 1 + count, 1)).toISOString().slice(0, 10);
}

/** What the API is asked. */
export function toQuery(view: View, today: DayText) {
  const { from, to } = daysOf(view.grain, today);
  return {
    from,
    to,
    grain: view.grain,
    kind: view.kind,
    first_time: view.firstTime,
    reference: view.reference,
    mean: view.mean,
    periods: periodsOf(view.grain) - 1,
  };
}
