import { Field, Select } from "@/components/ui/input";
import { text } from "@/lib/text";

import { KINDS, type View } from "../lib/view";

const { retention } = text;

interface ViewBarProps {
  view: View;
  onChange: (part: Partial<View>) => void;
}

/** What counts as coming back, of whom, and against what. */
export function ViewBar({ view, onChange }: ViewBarProps) {
  return (
    <form
      aria-label={retention.settings}
      className="grid grid-cols-2 gap-3 lg:grid-cols-4"
      onSubmit={(event) => event.preventDefault()}
    >
      <Field label={retention.kind} htmlFor="kind">
        <Select
          id="kind"
          value={view.kind}
          onChange={(event) => onChange({ kind: KINDS.find((each) => each === event.target.value) ?? "on" })}
        >
          {KINDS.map((kind) => (
            <option key={kind} value={kind}>
              {retention.kinds[kind]}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={retention.cohorts} htmlFor="cohorts">
        <Select
          id="cohorts"
          value={view.firstTime ? "first" : "all"}
          onChange={(event) => onChange({ firstTime: event.target.value === "first" })}
        >
          <option value="first">{retention.cohortsFirst}</option>
          <option value="all">{retention.cohortsAll}</option>
        </Select>
      </Field>
      <Field label={retention.reference} htmlFor="reference">
        <Select
          id="reference"
          value={view.reference}
          onChange={(event) =>
            onChange({ reference: event.target.value === "previous" ? "previous" : "first" })
          }
        >
          <option value="first">{retention.referenceFirst}</option>
          <option value="previous">{retention.referencePrevious}</option>
        </Select>
      </Field>
      <Field label={retention.mean} htmlFor="mean">
        <Select
          id="mean"
          value={view.mean}
          onChange={(event) => onChange({ mean: event.target.value === "simple" ? "simple" : "weighted" })}
        >
          <option value="weighted">{retention.meanWeighted}</option>
          <option value="simple">{retention.meanSimple}</option>
        </Select>
      </Field>
    </form>
  );
}
