import { cn } from "@/lib/cn";

const WIDTH = 120;
const HEIGHT = 28;
const EDGE = 3;

/** How a figure went, without scale: a hint beside a number that says it exactly. Unknown days are holes. */
export function Sparkline({ values, className }: { values: readonly (number | null)[]; className?: string }) {
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return null;
  const low = Math.min(...known);
  const reach = Math.max(...known) - low;
  const x = (place: number): number => EDGE + (place / (values.length - 1)) * (WIDTH - 2 * EDGE);
  const y = (value: number): number =>
    reach === 0 ? HEIGHT / 2 : HEIGHT - EDGE - ((value - low) / reach) * (HEIGHT - 2 * EDGE);
  const last = values.at(-1);
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      className={cn("h-7 w-full overflow-visible", className)}
    >
      {runsOf(values).map((run) => (
        <polyline
          key={run[0]?.place}
          points={run.map(({ place, value }) => `${x(place)},${y(value)}`).join(" ")}
          fill="none"
          stroke="var(--chart-1)"
          strokeWidth="1.75"
          strokeLinecap="round"
          strokeLinejoin="round"
          vectorEffect="non-scaling-stroke"
        />
      ))}
      {last !== null && last !== undefined && (
        <line
          x1={x(values.length - 1)}
          x2={x(values.length - 1)}
          y1={y(last)}
          y2={y(last)}
          stroke="var(--chart-1)"
          strokeWidth="6"
          strokeLinecap="round"
          vectorEffect="non-scaling-stroke"
        />
      )}
    </svg>
  );
}

interface Known {
  place: number;
  value: number;
}

/** Stretches of known values; a lone one is drawn as a dot (a line of no length with round ends). */
function runsOf(values: readonly (number | null)[]): Known[][] {
  const runs: Known[][] = [];
  let isOpen = false;
  values.forEach((value, place) => {
    if (value === null) {
      isOpen = false;
      return;
    }
    const run = runs.at(-1);
    if (isOpen && run) run.push({ place, value });
    else runs.push([{ place, value }]);
    isOpen = true;
  });
  return runs.map((run) => (run.length === 1 && run[0] ? [run[0], run[0]] : run));
}
