import { useQuery } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";

import { Answered } from "@/components/answered";
import { Notice } from "@/components/states";
import { Button } from "@/components/ui/button";
import { DayInput } from "@/components/ui/day-input";
import { Checkbox, Field, Select } from "@/components/ui/input";
import { NumberInput } from "@/components/ui/number-input";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { addDays, today } from "@/lib/format/days";
import { share as showShare } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { channelsQuery, promptsQuery } from "../api/queries";
import { labelOf, type Version } from "../lib/names";
import { Preview } from "./replay-preview";

const { runs } = text.experiments;
const SHARES = [1, 0.5, 0.2, 0.1] as const;
const DEFAULT_DAYS = 14;

/** Which versions, which days, how much of them, and what it may cost. */
export function ReplayForm({ zone, onAsked }: { zone: string; onAsked: (runId: string) => void }) {
  const versions = useQuery(promptsQuery);
  const channels = useQuery(channelsQuery);
  const champion = channels.data?.find((each) => each.channel === "champion")?.prompt_hash;
  return (
    <Answered query={versions}>
      {(found) => {
        const others = found.filter((each) => each.prompt_hash !== champion);
        return others.length === 0 ? (
          <Notice title={text.experiments.prompts.empty} hint={text.experiments.prompts.emptyHint} />
        ) : (
          <Form versions={others} zone={zone} onAsked={onAsked} />
        );
      }}
    </Answered>
  );
}

interface FormProps {
  versions: readonly Version[];
  zone: string;
  onAsked: (runId: string) => void;
}

function Form({ versions, zone, onAsked }: FormProps) {
  const last = today(zone);
  const [chosen, setChosen] = useState<readonly string[]>(versions[0] ? [versions[0].prompt_hash] : []);
  const [from, setFrom] = useState(addDays(last, 1 - DEFAULT_DAYS));
  const [to, setTo] = useState(last);
  const [share, setShare] = useState(1);
  const [cost, setCost] = useState<number | null>(null);
  const asking = useAction({
    act: (replay: Schemas["Replay"]) => unwrap(http.POST("/api/experiments/replay", { body: replay })),
    renews: [keys.runs],
    told: runs.started,
    then: ({ run_id }) => onAsked(run_id),
  });
  const replay: Schemas["Replay"] = {
    name: "sentiment",
    baseline: "champion",
    candidates: [...chosen],
    first_day: from,
    last_day: to,
    share,
    ...(cost !== null && { max_cost_usd: cost }),
  };
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    asking.mutate(replay);
  };
  return (
    <form onSubmit={submit} className="grid gap-4">
      <fieldset className="grid gap-2">
        <legend className="mb-1.5 text-[13px] font-medium text-muted-foreground">{runs.candidates}</legend>
        <div className="grid max-h-40 gap-2 overflow-y-auto rounded-lg border p-3">
          {versions.map((version) => (
            <Checkbox
              key={version.prompt_hash}
              label={labelOf(version)}
              checked={chosen.includes(version.prompt_hash)}
              onChange={(event) =>
                setChosen(
                  event.target.checked
                    ? [...chosen, version.prompt_hash]
                    : chosen.filter((each) => each !== version.prompt_hash),
                )
              }
            />
          ))}
        </div>
        <p className="text-xs text-muted-foreground">{runs.candidatesHint}</p>
      </fieldset>
      <div className="grid grid-cols-2 gap-3">
        <Field label={runs.from} htmlFor="replay-from">
          <DayInput id="replay-from" required max={to} value={from} onDay={(day) => setFrom(day ?? "")} />
        </Field>
        <Field label={runs.to} htmlFor="replay-to">
          <DayInput
            id="replay-to"
            required
            min={from}
            max={last}
            value={to}
            onDay={(day) => setTo(day ?? "")}
          />
        </Field>
        <Field label={runs.share} htmlFor="replay-share" hint={runs.shareHint}>
          <Select id="replay-share" value={share} onChange={(e) => setShare(Number(e.target.value))}>
            {SHARES.map((each) => (
              <option key={each} value={each}>
                {showShare(each)}
              </option>
            ))}
          </Select>
        </Field>
        <Field label={runs.maxCost} htmlFor="replay-cost" hint={runs.maxCostHint}>
          <NumberInput id="replay-cost" min={0} onNumber={setCost} />
        </Field>
      </div>
      <Preview replay={replay} />
      <Button
        type="submit"
        className="justify-self-end"
        disabled={asking.isPending || chosen.length === 0 || chosen.length > 8}
      >
        {runs.start}
      </Button>
    </form>
  );
}
