import { Navigate, useSearchParams } from "react-router";

import { useSession } from "@/lib/session/session";
import { text } from "@/lib/text";

import { LoginForm } from "./login-form";
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
