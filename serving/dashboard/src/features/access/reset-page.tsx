import { useMutation } from "@tanstack/react-query";
import type { SubmitEvent } from "react";
import { Link, useLocation } from "react-router";

import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/input";
import { reasonOf } from "@/lib/api/action";
import { http } from "@/lib/api/client";
import { ok } from "@/lib/api/ok";
import { ApiProblem } from "@/lib/api/problem";
import { wordsIn } from "@/lib/format/form";
import { text } from "@/lib/text";

import { AccessFrame } from "./access-frame";

const { access, session } = text;
const SHORTEST = 10;

/** Without a token it asks for a mail, with the mail's token for another password. */
export function ResetPage() {
  const token = useLocation().hash.slice(1);
  return token ? <Confirm token={token} /> : <Request />;
}

function Request() {
  const asking = useMutation({
    mutationFn: (email: string) => ok(http.POST("/api/auth/password-reset", { body: { email } })),
  });
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    asking.mutate(wordsIn(event.currentTarget)("email"));
  };
  return (
    <AccessFrame title={access.forgotTitle}>
      {asking.isSuccess ? (
        <p role="status" className="text-sm">
          {access.sent}
        </p>
      ) : (
        <form onSubmit={submit} className="grid gap-4">
          <p className="text-sm text-muted-foreground">{access.forgotHint}</p>
          <Field label={session.email} htmlFor="email">
            <Input id="email" name="email" type="email" required maxLength={254} autoComplete="username" />
          </Field>
          {asking.isError && <Refused>{reasonOf(asking.error)}</Refused>}
          <Button type="submit" disabled={asking.isPending}>
            {access.send}
          </Button>
        </form>
      )}
      <BackToLogin />
    </AccessFrame>
  );
}

function Confirm({ token }: { token: string }) {
  const saving = useMutation({
    mutationFn: (password: string) =>
      ok(http.POST("/api/auth/password-reset/confirm", { body: { token, password } })),
  });
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    saving.mutate(passwordIn(event.currentTarget));
  };
  return (
    <AccessFrame title={access.resetTitle}>
      {saving.isSuccess ? (
        <p role="status" className="text-sm">
          {access.resetDone}
        </p>
      ) : (
        <form onSubmit={submit} className="grid gap-4">
          <Field label={access.newPassword} htmlFor="password" hint={access.passwordHint}>
            <Input
              id="password"
              name="password"
              type="password"
              required
              minLength={SHORTEST}
              autoComplete="new-password"
            />
          </Field>
          {saving.isError && <Refused>{refusal(saving.error)}</Refused>}
          <Button type="submit" disabled={saving.isPending}>
            {access.save}
          </Button>
        </form>
      )}
      <BackToLogin />
    </AccessFrame>
  );
}

/** Passwords are taken as they are, blanks at their ends too. */
function passwordIn(form: HTMLFormElement): string {
  const value = new FormData(form).get("password");
  return typeof value === "string" ? value : "";
}

const refusal = (error: Error): string =>
  error instanceof ApiProblem && [401, 404, 410].includes(error.status) ? access.expired : reasonOf(error);

const Refused = ({ children }: { children: string }) => (
  <p role="alert" className="text-sm text-bad">
    {children}
  </p>
);

const BackToLogin = () => (
  <Button asChild variant="link" size="inline">
    <Link to="/entrar">{access.back}</Link>
  </Button>
);
