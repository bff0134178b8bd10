/** What the charts need of a day. */
export interface DayPoint {
  day: string;
  is_open: boolean;
  messages_in: number;
  scored: number;
  avg_satisfaction: number | null;
  positive_pct: number | null;
  neutral_pct: number | null;
  negative_pct: number | null;
  /** The 95 % interval of the satisfaction. */
  band: [number, number] | null;
  /** A connection may have missed messages. */
  has_gap: boolean;
}

export interface ChartProps {
  days: readonly DayPoint[];
  onOpen: (day: string) => void;
}

/** Runs of days without a score or with a gap, as first and last day: shaded, never drawn as zero. */
export function gapsOf(days: readonly DayPoint[]): { from: string; to: string }[] {
  const gaps: { from: string; to: string }[] = [];
  let isInGap = false;
  for (const { day, avg_satisfaction: value, has_gap: hasGap } of days) {
    if (value !== null && !hasGap) {
      isInGap = false;
      continue;
    }
    const last = gaps.at(-1);
    if (isInGap && last) last.to = day;
    else gaps.push({ from: day, to: day });
    isInGap = true;
  }
  return gaps;
}
