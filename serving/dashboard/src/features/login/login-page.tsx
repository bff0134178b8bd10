import { Eye, EyeOff, LoaderCircle } from "lucide-react";
import { type SubmitEvent, useState } from "react";
import { Link, Navigate, useSearchParams } from "react-router";

import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/input";
import { ApiProblem } from "@/lib/api/problem";
import { login, useSession } from "@/lib/session/session";
import { text } from "@/lib/text";

import { safeTarget } from "./safe-target";

export function LoginPage() {
  const isIn = useSession((session) => session.state === "in");
  const [search] = useSearchParams();
  if (isIn) return <Navigate to={safeTarget(search.get("para"))} replace />;
  return (
    <main className="grid min-h-dvh place-items-center px-4 py-8">
      <title>{`${text.session.title} · ${text.app.name}`}</title>
      <div className="w-full max-w-sm rounded-2xl border bg-card p-7 shadow-sm">
        <div className="mb-6 flex items-center gap-3">
          <img src="/icon.svg" alt="" width={40} height={40} />
          <div>
            <h1 className="text-xl font-semibold tracking-tight">{text.app.name}</h1>
            <p className="text-sm text-muted-foreground">{text.app.tagline}</p>
          </div>
        </div>
        <LoginForm />
      </div>
    </main>
  );
}

function LoginForm() {
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
      <Field label={text.session.email} htmlFor="email">
        <Input
          id="email"
          name="email"
          type="email"
          inputMode="email"
          autoComplete="username"
          required
          maxLength={254}
          aria-invalid={refusal !== null}
        />
      </Field>
      <Field label={text.session.password} htmlFor="password">
        <PasswordInput isInvalid={refusal !== null} />
      </Field>
      <p role="alert" className="text-sm text-destructive empty:hidden">
        {refusal}
      </p>
      <Button type="submit" disabled={isBusy} className="mt-1 w-full">
        {isBusy && <LoaderCircle className="animate-spin" aria-hidden="true" />}
        {isBusy ? text.session.submitting : text.session.submit}
      </Button>
      <Button asChild variant="link" size="inline" className="justify-self-center">
        <Link to="/reset-password">{text.access.forgot}</Link>
      </Button>
    </form>
  );
}

function field(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}

function PasswordInput({ isInvalid }: { isInvalid: boolean }) {
  const [isShown, setIsShown] = useState(false);
  return (
    <div className="relative">
      <Input
        id="password"
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
