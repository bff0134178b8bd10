import { useQuery } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";

import { Button } from "@/components/ui/button";
import { Field, Select } from "@/components/ui/input";
import { NumberInput } from "@/components/ui/number-input";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { definitionsQuery } from "@/lib/api/queries";
import { wordsIn } from "@/lib/format/form";
import { text } from "@/lib/text";

import type { Condition } from "./rule-queries";
import { fromWritten, hasPercentages, isRelative, scaleOf, unitOf } from "./thresholds";

const { rules } = text.alerts;
const { labels } = text.insight;
const CONDITIONS = Object.keys(rules.conditions) as Condition[];

/** A new rule: an indicator, what it must do, and how much. */
export function RuleForm({ tenantId }: { tenantId: string }) {
  const registry = useQuery(definitionsQuery).data ?? [];
  const [name, setName] = useState("negative_pct");
  const [wanted, setCondition] = useState<Condition>("above");
  const unit = registry.find((each) => each.name === name)?.unit ?? "count";
  const allowed = CONDITIONS.filter((each) => hasPercentages(unit) || !isRelative(each));
  const condition = allowed.includes(wanted) ? wanted : "above";
  const adding = useAction({
    act: (body: Schemas["NewAlertRule"]) =>
      unwrap(
        http.POST("/api/tenants/{tenant_id}/alert-rules", {
          params: { path: { tenant_id: tenantId } },
          body,
        }),
      ),
    renews: [keys.alertRules, keys.alerts],
    told: rules.added,
  });
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const written = Number(wordsIn(event.currentTarget)("threshold"));
    adding.mutate({ metric: name, condition, threshold: fromWritten(written, condition, unit) });
  };
  return (
    <form onSubmit={submit} className="flex flex-wrap items-end gap-3 px-5 pb-4">
      <Field label={rules.metric} htmlFor="rule-metric" className="min-w-52 flex-1">
        <Select id="rule-metric" value={name} onChange={(event) => setName(event.target.value)}>
          {registry.map((each) => (
            <option key={each.name} value={each.name}>
              {labels[each.name] ?? each.label}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={rules.condition} htmlFor="rule-condition">
        <Select
          id="rule-condition"
          value={condition}
          onChange={(event) => setCondition(allowed.find((each) => each === event.target.value) ?? "above")}
        >
          {allowed.map((each) => (
            <option key={each} value={each}>
              {rules.conditions[each]}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={`${rules.threshold} (${unitOf(condition, unit) ?? unit})`} htmlFor="rule-threshold">
        <NumberInput
          id="rule-threshold"
          name="threshold"
          required
          {...scaleOf(condition, unit)}
          className="w-36"
        />
      </Field>
      <Button type="submit" disabled={adding.isPending || registry.length === 0}>
        {rules.add}
      </Button>
    </form>
  );
}
