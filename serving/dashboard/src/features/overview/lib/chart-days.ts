import type { Cell } from "../api/insight-queries";
import type { ChartDay } from "../components/daily-charts";
import type { KnownDay } from "./yesterday";

/** The cells of a series as the charts draw them and yesterday is told; what is not known stays null. */
export function chartDays(cells: readonly Cell[]): (ChartDay & KnownDay)[] {
  return cells.flatMap((cell) => {
    if (cell.day === null) return [];
    const of = (metric: string) => cell.values[metric];
    const satisfaction = of("satisfaction_mean");
    const firstResponse = of("first_response_p50_ms")?.value ?? null;
    const band: [number, number] | null =
      satisfaction?.low == null || satisfaction.high === null ? null : [satisfaction.low, satisfaction.high];
    return [
      {
        day: cell.day,
        is_open: cell.is_open,
        has_gap: cell.has_gap,
        messages_in: of("messages_in")?.value ?? 0,
        scored: of("scored")?.value ?? 0,
        coverage: cell.coverage,
        avg_satisfaction: satisfaction?.value ?? null,
        positive_pct: of("positive_pct")?.value ?? null,
        neutral_pct: of("neutral_pct")?.value ?? null,
        negative_pct: of("negative_pct")?.value ?? null,
        unanswered_pct: of("unanswered_pct")?.value ?? null,
        first_response_seconds: firstResponse === null ? null : firstResponse / 1000,
        conversations: of("conversations")?.value ?? 0,
        band,
      },
    ];
  });
}
