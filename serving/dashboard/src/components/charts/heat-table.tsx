import { Link } from "react-router";

import { cn } from "@/lib/cn";

export interface HeatCell {
  shown: string;
  /** 0..1, or -1..1 on a scale with two ends; null: there is nothing. */
  strength: number | null;
  hint?: string;
  to?: string;
}

interface HeatTableProps {
  label: string;
  columns: readonly string[];
  rows: readonly { name: string; cells: readonly HeatCell[] }[];
  /** `good` goes from red over nothing to green. */
  scale?: "plain" | "good";
  isTight?: boolean;
}

const STEPS = 8;

/** A heat-map that is a table: the same for eyes, keyboards and screen readers. Colours are classes (see index.css). */
export function HeatTable({ label, columns, rows, scale = "plain", isTight = false }: HeatTableProps) {
  return (
    <div role="region" aria-label={label} tabIndex={0} className="relative overflow-x-auto">
      <table
        className={cn(
          "w-full border-separate text-center text-xs tabular-nums",
          // Cells are links: 24 pixels is the least that a finger hits.
          isTight ? "border-spacing-px" : "border-spacing-0.5",
        )}
      >
        <thead>
          <tr>
            <td />
            {columns.map((name) => (
              <th
                key={name}
                scope="col"
                className="px-0.5 py-1 font-medium whitespace-nowrap text-muted-foreground"
              >
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <th
                scope="row"
                className="w-px pr-2 text-right font-medium whitespace-nowrap text-muted-foreground"
              >
                {row.name}
              </th>
              {row.cells.map((cell, place) => (
                <td
                  key={columns[place]}
                  title={cell.hint}
                  className={cn(
                    "rounded",
                    isTight ? "h-7 min-w-6 text-[11px]" : "h-9 min-w-11 px-1",
                    cell.strength === null ? "heat-none" : heat(cell.strength, scale),
                  )}
                >
                  {cell.to ? (
                    <Link
                      to={cell.to}
                      className="grid size-full place-items-center rounded"
                      // The name begins with what is seen, so that it can be spoken to.
                      aria-label={cell.shown ? `${cell.shown}, ${cell.hint}` : cell.hint}
                    >
                      {cell.shown}
                    </Link>
                  ) : (
                    cell.shown
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface HeatLegendProps {
  low: string;
  high: string;
  /** What the hatched cells are. */
  none: string;
}

/** What the steps of colour stand for. */
export function HeatLegend({ low, high, none }: HeatLegendProps) {
  return (
    <div className="mt-3 flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-muted-foreground tabular-nums">
      <span className="inline-flex items-center gap-2">
        {low}
        <span className="inline-flex gap-px" aria-hidden="true">
          {Array.from({ length: STEPS }, (_, step) => (
            <span key={step} className={cn("h-3 w-4 rounded-xs", `heat-plain-${step + 1}`)} />
          ))}
        </span>
        {high}
      </span>
      <span className="inline-flex items-center gap-2">
        <span className="heat-none h-3 w-4 rounded-xs border" aria-hidden="true" />
        {none}
      </span>
    </div>
  );
}

function heat(strength: number, scale: "plain" | "good"): string {
  const step = Math.min(STEPS, Math.ceil(Math.abs(strength) * STEPS));
  if (step === 0) return "heat-0";
  if (scale === "plain") return `heat-plain-${step}`;
  return strength > 0 ? `heat-good-${step}` : `heat-bad-${step}`;
}
