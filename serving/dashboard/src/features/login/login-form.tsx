import { Eye, EyeOff, LoaderCircle } from "lucide-react";
import { type SubmitEvent, useId, useState } from "react";
import { Link } from "react-router";

import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/input";
import { ApiProblem } from "@/lib/api/problem";
import { login } from "@/lib/session/session";
import { text } from "@/lib/text";

/** E-mail and password; of somebody who is known already only the password. */
export function LoginForm({ knownEmail }: { knownEmail?: string }) {
  const id = useId();
  const [refusal, setRefusal] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);

  async function submit(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    const email = field(given, "email").trim();
    const password = field(given, "password");
    if (!email || !password) {
      setRefusal(text.session.missing);
      return;
    }
    setIsBusy(true);
    setRefusal(null);
    try {
      await login(email, password);
    } catch (error) {
      setRefusal(reasonOf(error));
      setIsBusy(false);
    }
  }

  return (
    <form onSubmit={submit} noValidate className="grid gap-4">
      <Field label={text.session.email} htmlFor={`${id}email`}>
        <Input
          id={`${id}email`}
          name="email"
          type="email"
          inputMode="email"
          autoComplete="username"
          required
          defaultValue={knownEmail}
          readOnly={knownEmail !== undefined}
          maxLength={254}
          aria-invalid={refusal !== null}
        />
      </Field>
      <Field label={text.session.password} htmlFor={`${id}password`}>
        <PasswordInput id={`${id}password`} isInvalid={refusal !== null} />
      </Field>
      <p role="alert" className="text-sm text-destructive empty:hidden">
        {refusal}
      </p>
      <Button type="submit" disabled={isBusy} className="mt-1 w-full">
        {isBusy && <LoaderCircle className="animate-spin" aria-hidden="true" />}
        {isBusy ? text.session.submitting : text.session.submit}
      </Button>
      {knownEmail === undefined && (
        <Button asChild variant="link" size="inline" className="justify-self-center">
          <Link to="/reset-password">{text.access.forgot}</Link>
        </Button>
      )}
    </form>
  );
}

function field(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}

function PasswordInput({ id, isInvalid }: { id: string; isInvalid: boolean }) {
  const [isShown, setIsShown] = useState(false);
  return (
    <div className="relative">
      <Input
        id={id}
        name="password"
        type={isShown ? "text" : "password"}
        autoComplete="current-password"
        required
        maxLength={256}
        aria-invalid={isInvalid}
        className="pr-11"
      />
      <Button
        variant="ghost"
        size="icon"
        className="absolute inset-y-0 right-0"
        aria-label={isShown ? text.session.hidePassword : text.session.showPassword}
        onClick={() => setIsShown(!isShown)}
      >
        {isShown ? <EyeOff /> : <Eye />}
      </Button>
    </div>
  );
}

function reasonOf(error: unknown): string {
  if (!(error instanceof ApiProblem)) return text.session.failed;
  if (error.status === 0) return text.session.unreachable;
  if (error.status === 401 || error.status === 422) return text.session.refused;
  if (error.status === 429) return text.session.tooMany(error.retryAfterSeconds ?? 60);
  return text.session.failed;
}
