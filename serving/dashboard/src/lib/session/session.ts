/**
 * Who is logged in. The access token lives in memory only; the refresh token is in a cookie that scripts can't read
 * and that works once, so tabs take turns in renewing it.
 */
import { create } from "zustand";

import { ApiProblem } from "@/lib/api/problem";
import type { components } from "@/lib/api/schema";

export type Role = components["schemas"]["AccessToken"]["role"];
type Token = components["schemas"]["AccessToken"];

interface Session {
  token: Token | null;
  /** `unknown` until the refresh cookie has been tried; `ended`: it ended while a page was open. */
  state: "unknown" | "in" | "ended" | "out";
}

// "A refresh cookie may be there": saves a request that would fail. Holds nothing secret.
const HINT = "evosense.session";
const RENEW_BEFORE_SECONDS = 60;

export const useSession = create<Session>(() => ({ token: null, state: "unknown" }));
let renewal: ReturnType<typeof setTimeout> | undefined;

export const accessToken = (): string | null => useSession.getState().token?.access_token ?? null;

export async function login(email: string, password: string): Promise<void> {
  keep(await ask("/api/auth/login", { email, password }));
}

/** Log in with the token that another answer brought, e.g. that of an accepted invitation. */
export async function join(answer: Promise<Token>): Promise<void> {
  keep(await answer);
}

/** Renew the access token. Throws ApiProblem; after a 401 the session has ended. */
export async function refresh(): Promise<void> {
  const former = accessToken();
  await inTurn(async () => {
    if (accessToken() !== former && accessToken() !== null) return;
    try {
      keep(await ask("/api/auth/refresh"));
    } catch (problem) {
      if (problem instanceof ApiProblem && problem.status === 401) end();
      throw problem;
    }
  });
}

/** At start-up: log in by the cookie if there may be one. Never throws. */
export async function resume(): Promise<void> {
  if (!remembers()) {
    forget();
    return;
  }
  try {
    await refresh();
  } catch {
    if (useSession.getState().state === "unknown") useSession.setState({ state: "out" });
  }
}

export async function logout(): Promise<void> {
  forget();
  await ask("/api/auth/logout").catch(() => undefined);
}

export function forget(): void {
  leave("out");
}

/** The server no longer knows the session: whoever had a page open can come back to it as they left it. */
function end(): void {
  const { state } = useSession.getState();
  leave(state === "in" || state === "ended" ? "ended" : "out");
}

function leave(state: "ended" | "out"): void {
  clearTimeout(renewal);
  remember(false);
  useSession.setState({ token: null, state });
}

function keep(token: Token): void {
  clearTimeout(renewal);
  const wait = Math.max(1, token.expires_in - RENEW_BEFORE_SECONDS) * 1000;
  renewal = setTimeout(() => void refresh().catch(() => undefined), wait);
  remember(true);
  useSession.setState({ token, state: "in" });
}

async function ask(path: string, body?: object): Promise<Token> {
  let response: Response;
  try {
    response = await globalThis.fetch(path, {
      method: "POST",
      ...(body && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
    });
  } catch {
    throw ApiProblem.unreachable();
  }
  const answer: unknown = response.status === 204 ? null : await response.json().catch(() => null);
  if (!response.ok) throw ApiProblem.of(response, answer);
  return answer as Token;
}

/** Browsers offer locks on https and on this machine only; elsewhere a second tab may have to log in again. */
async function inTurn(work: () => Promise<void>): Promise<void> {
  const locks = (navigator as Partial<Navigator>).locks;
  await (locks ? locks.request("evosense.refresh", work) : work());
}

function remembers(): boolean {
  try {
    return localStorage.getItem(HINT) !== null;
  } catch {
    return true;
  }
}

function remember(is: boolean): void {
  try {
    if (is) localStorage.setItem(HINT, "1");
    else localStorage.removeItem(HINT);
  } catch {
    // Storage is switched off: the next start asks the server instead.
  }
}
