import type { SubmitEvent } from "react";

import { Box } from "@/components/box";
import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/input";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { join } from "@/lib/session/session";
import { text } from "@/lib/text";

const { access } = text;

export function PasswordForm() {
  const saving = useAction({
    act: (change: Schemas["ChangedPassword"]) =>
      join(unwrap(http.POST("/api/auth/password", { body: change }))),
    told: access.passwordChanged,
  });
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    const given = new FormData(form);
    // As they are typed, blanks at their ends too.
    const word = (name: string): string => {
      const value = given.get(name);
      return typeof value === "string" ? value : "";
    };
    saving.mutate({ current: word("current"), new: word("new") }, { onSuccess: () => form.reset() });
  };
  return (
    <Box title={access.changePassword}>
      <form onSubmit={submit} className="grid gap-4">
        <Field label={access.current} htmlFor="password-current">
          <Input
            id="password-current"
            name="current"
            type="password"
            required
            maxLength={256}
            autoComplete="current-password"
          />
        </Field>
        <Field label={access.newPassword} htmlFor="password-new" hint={access.passwordHint}>
          <Input
            id="password-new"
            name="new"
            type="password"
            required
            minLength={10}
            maxLength={256}
            autoComplete="new-password"
          />
        </Field>
        <Button type="submit" variant="outline" className="justify-self-end" disabled={saving.isPending}>
          {access.save}
        </Button>
      </form>
    </Box>
  );
}
