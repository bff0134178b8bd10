import { cn } from "@/lib/cn";
import { useLive } from "@/lib/live/live-store";
import { text } from "@/lib/text";

const DOT = {
  live: "bg-good",
  polling: "bg-good",
  connecting: "bg-warn animate-pulse",
  lost: "bg-bad animate-pulse",
} as const;

/** Whether what is shown moves by itself right now. */
export function LiveState() {
  const state = useLive((live) => live.state);
  return (
    <span
      role="status"
      data-live={state}
      title={text.live.explain[state]}
      className="inline-flex items-center gap-2 rounded-full border px-3 py-1 text-xs font-medium whitespace-nowrap"
    >
      <span className={cn("size-2 rounded-full", DOT[state])} aria-hidden="true" />
      {text.live[state]}
    </span>
  );
}
