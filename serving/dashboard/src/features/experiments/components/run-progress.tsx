import { Progress } from "@/components/ui/progress";
import { integer } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import type { Run } from "../api/queries";

const { runs } = text.experiments;

export function RunProgress({ run }: { run: Run }) {
  const words = runs.progressOf(integer(run.calls_done), integer(run.calls_planned));
  return (
    <div className="grid gap-1">
      <Progress
        label={words}
        value={run.calls_done + run.calls_failed}
        max={run.calls_planned}
        tone={run.calls_failed > 0 ? "warn" : "plain"}
      />
      <span className="text-xs text-muted-foreground tabular-nums">{words}</span>
    </div>
  );
}
