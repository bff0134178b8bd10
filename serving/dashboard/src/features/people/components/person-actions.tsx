import { useState } from "react";

import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Select } from "@/components/ui/input";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { ok } from "@/lib/api/ok";
import { text } from "@/lib/text";

const { people } = text;
const ROLES = ["operator", "analyst", "admin"] as const;

/** Another role, no access for now, no access at all. */
export function PersonActions({ person }: { person: Schemas["Person"] }) {
  const [isRemoving, setIsRemoving] = useState(false);
  const params = { params: { path: { user_id: person.id } } };
  const changing = useAction({
    act: (change: Schemas["PersonChange"]) =>
      unwrap(http.PATCH("/api/users/{user_id}", { ...params, body: change })),
    renews: [keys.people],
    told: people.changed,
  });
  const removing = useAction({
    act: () => ok(http.DELETE("/api/users/{user_id}", params)),
    renews: [keys.people],
    told: people.removed,
    then: () => setIsRemoving(false),
  });
  return (
    <div className="flex justify-end gap-2">
      <Select
        aria-label={people.changeRole(person.name)}
        className="h-8 w-36"
        value={person.role}
        disabled={changing.isPending}
        onChange={(event) => {
          const role = ROLES.find((each) => each === event.target.value);
          if (role) changing.mutate({ role });
        }}
      >
        {ROLES.map((role) => (
          <option key={role} value={role}>
            {text.roles[role]}
          </option>
        ))}
      </Select>
      <Button
        variant="outline"
        size="sm"
        disabled={changing.isPending}
        onClick={() => changing.mutate({ is_active: !person.is_active })}
      >
        {person.is_active ? people.deactivate : people.activate}
        <span className="sr-only">{` ${person.name}`}</span>
      </Button>
      <Button variant="danger" size="sm" onClick={() => setIsRemoving(true)}>
        {people.remove}
        <span className="sr-only">{` ${person.name}`}</span>
      </Button>
      <Dialog
        isOpen={isRemoving}
        onClose={() => setIsRemoving(false)}
        title={people.removeTitle(person.name)}
      >
        <p className="text-sm text-muted-foreground">{people.removeHint}</p>
        <div className="mt-5 flex justify-end gap-2">
          <Button variant="outline" onClick={() => setIsRemoving(false)}>
            {text.common.cancel}
          </Button>
          <Button variant="danger" disabled={removing.isPending} onClick={() => removing.mutate()}>
            {people.remove}
          </Button>
        </div>
      </Dialog>
    </div>
  );
}
