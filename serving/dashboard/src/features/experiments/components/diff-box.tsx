import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { Field, Select } from "@/components/ui/input";
import { cn } from "@/lib/cn";
import { text } from "@/lib/text";

import { diffQuery } from "../api/queries";
import { labelOf, type Version } from "../lib/names";

const { prompts } = text.experiments;

/** What changed between two versions, line by line. */
export function DiffBox({ versions }: { versions: readonly Version[] }) {
  const live = versions.find((each) => each.channels.includes("champion")) ?? versions.at(-1);
  const newest = versions.find((each) => each !== live);
  const [from, setFrom] = useState(live?.prompt_hash ?? "");
  const [to, setTo] = useState(newest?.prompt_hash ?? "");
  const diff = useQuery(diffQuery(from, to));
  return (
    <Box title={prompts.diff} hint={prompts.diffHint}>
      <div className="mb-4 grid gap-3 sm:grid-cols-2">
        <Choice label={prompts.diffFrom} value={from} versions={versions} onChange={setFrom} />
        <Choice label={prompts.diffTo} value={to} versions={versions} onChange={setTo} />
      </div>
      <Answered query={diff}>{(found) => <Lines diff={found.diff} />}</Answered>
    </Box>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  versions: readonly Version[];
  onChange: (hash: string) => void;
}

function Choice({ label, value, versions, onChange }: ChoiceProps) {
  return (
    <Field label={label} htmlFor={`diff-${label}`}>
      <Select id={`diff-${label}`} value={value} onChange={(event) => onChange(event.target.value)}>
        {versions.map((version) => (
          <option key={version.prompt_hash} value={version.prompt_hash}>
            {labelOf(version)}
          </option>
        ))}
      </Select>
    </Field>
  );
}

const LOOKS = {
  "+": "bg-good-soft text-good",
  "-": "bg-bad-soft text-bad",
  "@": "text-muted-foreground",
} as Record<string, string>;

function Lines({ diff }: { diff: string }) {
  if (!diff) return <p className="text-sm text-muted-foreground">{prompts.diffNone}</p>;
  return (
    <pre
      role="region"
      aria-label={prompts.diffTitle}
      tabIndex={0}
      data-diff=""
      className="max-h-96 overflow-auto rounded-lg border py-2 font-mono text-[13px] leading-relaxed"
    >
      {diff
        .split("\n")
        .slice(2)
        .map((line, place) => (
          <div key={place} className={cn("px-3 wrap-anywhere whitespace-pre-wrap", LOOKS[line[0] ?? ""])}>
            {line || " "}
          </div>
        ))}
    </pre>
  );
}
