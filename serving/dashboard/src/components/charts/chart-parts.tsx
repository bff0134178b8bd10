import type { ReactNode } from "react";

import { longDay } from "@/lib/format/days";

export const AXIS = {
  tick: { fill: "var(--muted-foreground)", fontSize: 12 },
  tickLine: false,
  axisLine: false,
} as const;

/** With all its ticks: which of them fit is found by laying the page out once for each. */
export const Y_AXIS = { ...AXIS, interval: 0 } as const;

/** What a bar looks like while its period runs. */
export const RUNNING = { fillOpacity: 0.35, strokeWidth: 1.5, strokeDasharray: "3 2" } as const;

const LABEL_EVERY = 5;

/** The days that may have a label, counted back from the last one; of these the chart shows as many as fit. */
export const labelled = (days: readonly { day: string }[]): string[] =>
  days.filter((_, place) => (days.length - 1 - place) % LABEL_EVERY === 0).map(({ day }) => day);

export interface LegendEntry {
  label: string;
  color: string;
  shape?: "line" | "hatch" | "dashed";
}

export function Legend({ entries, children }: { entries: LegendEntry[]; children?: ReactNode }) {
  return (
    <div className="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted-foreground">
      {entries.map((entry) => (
        <span key={entry.label} className="inline-flex items-center gap-1.5">
          <svg width="14" height="10" aria-hidden="true">
            {entry.shape === "line" ? (
              <line x1="0" y1="5" x2="14" y2="5" stroke={entry.color} strokeWidth="2.5" />
            ) : (
              <rect
                width="14"
                height="10"
                rx="2"
                fill={entry.color}
                stroke="var(--border)"
                {...(entry.shape === "dashed" && { ...RUNNING, stroke: entry.color })}
              />
            )}
          </svg>
          {entry.label}
        </span>
      ))}
      {children && <span className="ml-auto">{children}</span>}
    </div>
  );
}

/** What days without a score and gaps are filled with; ids are the page's, so each chart has its own. */
export function Hatch({ id }: { id: string }) {
  return (
    <defs>
      <pattern id={id} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <line x1="0" y1="0" x2="0" y2="6" stroke="var(--border)" strokeWidth="3" />
      </pattern>
    </defs>
  );
}

interface HintProps {
  day: string;
  lines: { label: string; value: string; color?: string }[];
  note?: string | undefined;
}

/** What a chart says about the day under the pointer. */
export function DayHint({ day, lines, note }: HintProps) {
  return (
    <div className="rounded-lg border bg-popover px-3 py-2 text-[13px] text-popover-foreground shadow-md">
      <p className="mb-1 font-medium">{longDay(day)}</p>
      {lines.map((line) => (
        <p key={line.label} className="flex items-center gap-2 tabular-nums">
          <svg width="8" height="8" aria-hidden="true">
            <circle cx="4" cy="4" r="4" fill={line.color ?? "transparent"} />
          </svg>
          <span className="text-muted-foreground">{line.label}</span>
          <span className="ml-auto pl-3 font-medium">{line.value}</span>
        </p>
      ))}
      {note && <p className="mt-1 text-xs text-muted-foreground">{note}</p>}
    </div>
  );
}
