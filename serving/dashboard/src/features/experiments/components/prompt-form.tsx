import { type SubmitEvent, useState } from "react";

import { Button } from "@/components/ui/button";
import { Field, Select, Textarea } from "@/components/ui/input";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { text } from "@/lib/text";

import { labelOf, type Version, wordsOf } from "../lib/names";

const { prompts } = text.experiments;

interface PromptFormProps {
  versions: readonly Version[];
  onDone: () => void;
}

/** A new version, begun from the words of another one; schema and examples are taken over. */
export function PromptForm({ versions, onDone }: PromptFormProps) {
  const live = versions.find((each) => each.channels.includes("champion")) ?? versions[0];
  const [parent, setParent] = useState(live);
  const [system, setSystem] = useState(wordOf(live, "system"));
  const [user, setUser] = useState(wordOf(live, "user") || "{text}");
  const registering = useAction({
    act: (prompt: Schemas["NewPrompt"]) => unwrap(http.POST("/api/prompts", { body: prompt })),
    renews: [keys.prompts],
    told: prompts.registered,
    then: onDone,
  });
  const startFrom = (hash: string): void => {
    const chosen = versions.find((each) => each.prompt_hash === hash);
    setParent(chosen);
    setSystem(wordOf(chosen, "system"));
    setUser(wordOf(chosen, "user") || "{text}");
  };
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    registering.mutate({
      name: "sentiment",
      messages: [
        ...(system.trim() ? [{ role: "system" as const, content: system }] : []),
        { role: "user", content: user },
      ],
      ...(parent && { parent_hash: parent.prompt_hash, output_schema: parent.output_schema }),
    });
  };
  const isMissingText = !`${system}${user}`.includes("{text}");
  return (
    <form onSubmit={submit} className="grid gap-4">
      <p className="text-sm text-muted-foreground">{prompts.registerHint}</p>
      <Field label={prompts.startFrom} htmlFor="prompt-parent">
        <Select
          id="prompt-parent"
          value={parent?.prompt_hash ?? ""}
          onChange={(event) => startFrom(event.target.value)}
        >
          {versions.map((version) => (
            <option key={version.prompt_hash} value={version.prompt_hash}>
              {labelOf(version)}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={prompts.system} htmlFor="prompt-system">
        <Textarea
          id="prompt-system"
          rows={12}
          maxLength={60_000}
          className="font-mono text-[13px]"
          value={system}
          onChange={(event) => setSystem(event.target.value)}
        />
      </Field>
      <Field label={prompts.user} htmlFor="prompt-user" hint={prompts.userHint}>
        <Textarea
          id="prompt-user"
          rows={5}
          maxLength={60_000}
          required
          className="font-mono text-[13px]"
          value={user}
          onChange={(event) => setUser(event.target.value)}
        />
      </Field>
      {isMissingText && (
        <p role="alert" className="text-sm text-bad">
          {prompts.needsText}
        </p>
      )}
      <Button type="submit" className="justify-self-end" disabled={registering.isPending || isMissingText}>
        {prompts.register}
      </Button>
    </form>
  );
}

const wordOf = (version: Version | undefined, role: string): string =>
  version ? (wordsOf(version).find((each) => each.role === role)?.content ?? "") : "";
