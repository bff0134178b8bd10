import type { SubmitEvent } from "react";

import { Button } from "@/components/ui/button";
import { Field, Input, Select } from "@/components/ui/input";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { wordsIn } from "@/lib/format/form";
import { text } from "@/lib/text";

const { people } = text;
const ROLES = ["operator", "analyst", "admin"] as const;

export function InviteForm({ onInvited }: { onInvited: (invited: Schemas["Invited"]) => void }) {
  const inviting = useAction({
    act: (wish: Schemas["NewInvitation"]) => unwrap(http.POST("/api/invitations", { body: wish })),
    renews: [keys.people],
    told: people.invited,
    then: onInvited,
  });
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const word = wordsIn(event.currentTarget);
    inviting.mutate({
      email: word("email"),
      role: ROLES.find((each) => each === word("role")) ?? "operator",
    });
  };
  return (
    <form onSubmit={submit} className="grid gap-4">
      <Field label={people.email} htmlFor="invite-email">
        <Input id="invite-email" name="email" type="email" required maxLength={254} />
      </Field>
      <Field label={people.role} htmlFor="invite-role">
        <Select id="invite-role" name="role">
          {ROLES.map((role) => (
            <option key={role} value={role}>
              {`${text.roles[role] ?? role}: ${people.roleHints[role] ?? ""}`}
            </option>
          ))}
        </Select>
      </Field>
      <Button type="submit" className="justify-self-end" disabled={inviting.isPending}>
        {people.invite}
      </Button>
    </form>
  );
}
