import { cn } from "@/lib/cn";

interface ProgressProps {
  label: string;
  value: number;
  max: number;
  tone?: "plain" | "warn" | "bad";
  className?: string;
}

const TONES = { plain: "fill-primary", warn: "fill-warn", bad: "fill-bad" } as const;

/** How much of `max` is done. */
export function Progress({ label, value, max, tone = "plain", className }: ProgressProps) {
  const share = max > 0 ? Math.min(1, value / max) : 0;
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={max}
      aria-valuenow={Math.min(value, max)}
      className={cn("h-2 overflow-hidden rounded-full bg-secondary", className)}
    >
      <svg viewBox="0 0 1000 8" preserveAspectRatio="none" className="h-full w-full" aria-hidden="true">
        <rect width={Math.round(share * 1000)} height="8" className={TONES[tone]} />
      </svg>
    </div>
  );
}
