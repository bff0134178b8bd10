import { interval, signedDigits } from "@/lib/format/numbers";
import { text } from "@/lib/text";

export interface ForestRow {
  key: string;
  label: string;
  estimate: number | null;
  low: number | null;
  high: number | null;
  isMarked?: boolean;
}

interface ForestPlotProps {
  title: string;
  rows: readonly ForestRow[];
  /** Differences within ±margin do not matter: shaded. */
  margin?: number;
}

const WIDTH = 400;
const ROW = 26;

/** Intervals around 0, one a line, on one scale. The numbers stand beside it, so it is a picture only. */
export function ForestPlot({ title, rows, margin = 0 }: ForestPlotProps) {
  const drawn = rows.filter((row) => row.estimate !== null && row.low !== null && row.high !== null);
  if (drawn.length === 0) return null;
  const reach =
    1.1 * Math.max(margin, ...drawn.flatMap((row) => [Math.abs(row.low ?? 0), Math.abs(row.high ?? 0)]));
  const x = (value: number): number => ((value + reach) / (2 * reach || 1)) * WIDTH;
  return (
    <figure aria-label={title} className="grid gap-1">
      {drawn.map((row) => (
        <div
          key={row.key}
          className="grid grid-cols-[minmax(6rem,1fr)_minmax(0,2fr)] items-center gap-x-3 text-[13px] sm:grid-cols-[minmax(8rem,1fr)_minmax(0,2fr)_11rem]"
        >
          <span
            className={row.isMarked ? "truncate font-medium" : "truncate text-muted-foreground"}
            title={row.label}
          >
            {row.label}
          </span>
          <svg
            viewBox={`0 0 ${WIDTH} ${ROW}`}
            preserveAspectRatio="none"
            className="h-6.5 w-full"
            aria-hidden="true"
          >
            {margin > 0 && (
              <rect x={x(-margin)} width={x(margin) - x(-margin)} height={ROW} fill="var(--muted)" />
            )}
            <line
              x1={x(0)}
              x2={x(0)}
              y1="0"
              y2={ROW}
              stroke="var(--border)"
              vectorEffect="non-scaling-stroke"
            />
            <line
              x1={x(row.low ?? 0)}
              x2={x(row.high ?? 0)}
              y1={ROW / 2}
              y2={ROW / 2}
              stroke={row.isMarked ? "var(--chart-1)" : "var(--neutral)"}
              strokeWidth="3"
              vectorEffect="non-scaling-stroke"
            />
            <line
              x1={x(row.estimate ?? 0)}
              x2={x(row.estimate ?? 0)}
              y1="6"
              y2={ROW - 6}
              stroke={row.isMarked ? "var(--chart-1)" : "var(--neutral)"}
              strokeWidth="4"
              vectorEffect="non-scaling-stroke"
            />
          </svg>
          <span className="hidden text-right text-muted-foreground tabular-nums sm:block">
            {`${signedDigits(row.estimate)} (${interval(row.low, row.high)})`}
          </span>
        </div>
      ))}
      {margin > 0 && (
        <figcaption className="text-xs text-muted-foreground">
          {text.experiments.report.marginNote}
        </figcaption>
      )}
    </figure>
  );
}
