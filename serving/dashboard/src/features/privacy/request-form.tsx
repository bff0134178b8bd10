import { type SubmitEvent, useState } from "react";

import { Button } from "@/components/ui/button";
import { Field, Input, Select } from "@/components/ui/input";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { wordsIn } from "@/lib/format/form";
import { text } from "@/lib/text";

const { privacy } = text;
const KINDS = ["access", "export", "correct", "erase"] as const;

export function RequestForm({ onDone }: { onDone: () => void }) {
  const [kind, setKind] = useState<(typeof KINDS)[number]>("access");
  const asking = useAction({
    act: (wish: Schemas["NewPrivacyRequest"]) => unwrap(http.POST("/api/privacy/requests", { body: wish })),
    renews: [keys.privacy],
    told: privacy.created,
    then: onDone,
  });
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const word = wordsIn(event.currentTarget);
    asking.mutate({ kind, phone: word("phone"), ...(kind === "correct" && { name: word("name") }) });
  };
  return (
    <form onSubmit={submit} className="grid gap-4" autoComplete="off">
      <Field label={privacy.kind} htmlFor="privacy-kind">
        <Select
          id="privacy-kind"
          value={kind}
          onChange={(event) => setKind(KINDS.find((each) => each === event.target.value) ?? "access")}
        >
          {KINDS.map((each) => (
            <option key={each} value={each}>
              {privacy.kinds[each]}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={privacy.phone} htmlFor="privacy-phone" hint={privacy.phoneHint}>
        <Input
          id="privacy-phone"
          name="phone"
          type="tel"
          required
          minLength={8}
          maxLength={128}
          placeholder="+55 11 98765-4321"
        />
      </Field>
      {kind === "correct" && (
        <Field label={privacy.name} htmlFor="privacy-name">
          <Input id="privacy-name" name="name" required maxLength={150} />
        </Field>
      )}
      {kind === "erase" && (
        <p className="rounded-lg bg-bad-soft px-4 py-2 text-sm text-bad">{privacy.eraseHint}</p>
      )}
      <Button type="submit" className="justify-self-end" disabled={asking.isPending}>
        {privacy.create}
      </Button>
    </form>
  );
}
