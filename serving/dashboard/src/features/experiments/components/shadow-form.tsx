import { useQuery } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";

import { Answered } from "@/components/answered";
import { Notice } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Field, Input, Select, Textarea } from "@/components/ui/input";
import { NumberInput } from "@/components/ui/number-input";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { percent } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { promptsQuery } from "../api/queries";
import { labelOf, measureName, type Version } from "../lib/names";

const { shadows, report, prompts } = text.experiments;
const SHARES_BP = [500, 1_000, 2_000, 5_000, 10_000] as const;
const PRIMARIES = ["sentiment", "satisfaction"] as const;
const GOALS = ["better", "not_worse", "same"] as const;

/** The question, written down before anybody looks. */
export function ShadowForm({ onDone }: { onDone: () => void }) {
  const versions = useQuery(promptsQuery);
  return (
    <Answered query={versions}>
      {(found) => {
        const challengers = found.filter((each) => !each.channels.includes("champion"));
        return challengers.length === 0 ? (
          <Notice title={prompts.empty} hint={prompts.emptyHint} />
        ) : (
          <Form challengers={challengers} onDone={onDone} />
        );
      }}
    </Answered>
  );
}

function Form({ challengers, onDone }: { challengers: readonly Version[]; onDone: () => void }) {
  const [goal, setGoal] = useState<(typeof GOALS)[number]>("better");
  const creating = useAction({
    act: (shadow: Schemas["NewShadow"]) => unwrap(http.POST("/api/experiments/shadows", { body: shadow })),
    renews: [keys.shadows],
    told: shadows.created,
    then: onDone,
  });
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const values = new FormData(event.currentTarget);
    const word = (name: string): string => {
      const value = values.get(name);
      return typeof value === "string" ? value.trim() : "";
    };
    creating.mutate({
      name: word("name"),
      hypothesis: word("hypothesis"),
      challengers: [{ version: word("version"), share_bp: Number(word("share")) }],
      prompt_name: "sentiment",
      primary: word("primary"),
      goal,
      margin: Number(word("margin")),
      aa_share_bp: 100,
      ...(word("planned") && { planned_chats: Number(word("planned")) }),
    });
  };
  return (
    <form onSubmit={submit} className="grid gap-4">
      <p className="text-sm text-muted-foreground">{shadows.newHint}</p>
      <Field label={shadows.name} htmlFor="shadow-name">
        <Input id="shadow-name" name="name" required maxLength={120} />
      </Field>
      <Field label={shadows.hypothesis} htmlFor="shadow-hypothesis" hint={shadows.hypothesisHint}>
        <Textarea id="shadow-hypothesis" name="hypothesis" rows={2} required maxLength={1000} />
      </Field>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={shadows.challenger} htmlFor="shadow-version">
          <Select id="shadow-version" name="version">
            {challengers.map((version) => (
              <option key={version.prompt_hash} value={version.prompt_hash}>
                {labelOf(version)}
              </option>
            ))}
          </Select>
        </Field>
        <Field label={shadows.share} htmlFor="shadow-share">
          <Select id="shadow-share" name="share" defaultValue={1_000}>
            {SHARES_BP.map((share) => (
              <option key={share} value={share}>
                {percent(share / 100)}
              </option>
            ))}
          </Select>
        </Field>
        <Field label={shadows.primary} htmlFor="shadow-primary">
          <Select id="shadow-primary" name="primary">
            {PRIMARIES.map((measure) => (
              <option key={measure} value={measure}>
                {measureName(measure)}
              </option>
            ))}
          </Select>
        </Field>
        <Field label={shadows.goal} htmlFor="shadow-goal">
          <Select
            id="shadow-goal"
            value={goal}
            onChange={(event) => setGoal(GOALS.find((each) => each === event.target.value) ?? "better")}
          >
            {GOALS.map((each) => (
              <option key={each} value={each}>
                {report.goals[each]}
              </option>
            ))}
          </Select>
        </Field>
        <Field label={shadows.marginField} htmlFor="shadow-margin">
          <NumberInput id="shadow-margin" name="margin" min={0.0001} max={100} defaultValue={0.02} required />
        </Field>
        <Field label={shadows.planned} htmlFor="shadow-planned" hint={shadows.plannedHint}>
          <Input id="shadow-planned" name="planned" type="number" min="1" max="10000000" />
        </Field>
      </div>
      <Button type="submit" className="justify-self-end" disabled={creating.isPending}>
        {shadows.create}
      </Button>
    </form>
  );
}
