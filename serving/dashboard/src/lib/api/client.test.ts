import { http as wire, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";

import { accessToken, login, useSession } from "@/lib/session/session";
import { me, TENANT } from "@/test/samples";
import { server } from "@/test/server";

import { http, unwrap } from "./client";
import { ApiProblem } from "./problem";

const token = (name: string) => ({
  access_token: name,
  token_type: "Bearer",
  expires_in: 600,
  tenant_id: TENANT,
  role: "admin",
});

async function logIn(): Promise<void> {
  server.use(wire.post("/api/auth/login", () => HttpResponse.json(token("old"))));
  await login("a@b.example", "secret");
}

const expired = () =>
  HttpResponse.json(
    { type: "x", title: "x", status: 401, detail: "expired", code: "not_authenticated", request_id: "r" },
    { status: 401 },
  );

describe("the client", () => {
  it("renews an expired token once for all who need it, and asks again with the body", async () => {
    await logIn();
    let renewals = 0;
    server.use(
      wire.post("/api/auth/refresh", () => {
        renewals += 1;
        return HttpResponse.json(token("new"));
      }),
      wire.get("/api/me", ({ request }) =>
        request.headers.get("Authorization") === "Bearer new" ? HttpResponse.json(me) : expired(),
      ),
      wire.post("/api/messages/semantic-search", async ({ request }) =>
        request.headers.get("Authorization") === "Bearer new"
          ? HttpResponse.json({
              results: [],
              embedder: { provider: "x", model: JSON.stringify(await request.json()) },
            })
          : expired(),
      ),
    );
    const [person, found] = await Promise.all([
      unwrap(http.GET("/api/me")),
      unwrap(http.POST("/api/messages/semantic-search", { body: { query: "oi", limit: 20, filters: {} } })),
    ]);
    expect(person.name).toBe("Helena Duarte");
    expect(found.embedder?.model).toContain("oi");
    expect(accessToken()).toBe("new");
    expect(renewals).toBeLessThanOrEqual(2);
  });

  it("ends the session when the refresh cookie is refused", async () => {
    await logIn();
    server.use(wire.get("/api/me", expired), wire.post("/api/auth/refresh", expired));
    await expect(unwrap(http.GET("/api/me"))).rejects.toMatchObject({ status: 401 });
    expect(useSession.getState()).toEqual({ state: "ended", token: null });
  });

  it("tells a refusal, with its code for the log, from a server that is away", async () => {
    await logIn();
    const problem = {
      type: "x",
      title: "x",
      status: 403,
      detail: "no",
      code: "not_permitted",
      request_id: "r-1",
    };
    server.use(wire.get("/api/me", () => HttpResponse.json(problem, { status: 403 })));
    await expect(unwrap(http.GET("/api/me"))).rejects.toMatchObject({ status: 403, requestId: "r-1" });
    server.use(wire.get("/api/me", () => HttpResponse.error()));
    const away = await unwrap(http.GET("/api/me")).catch((error: unknown) => error);
    expect(away).toBeInstanceOf(ApiProblem);
    expect(away).toMatchObject({ status: 0 });
  });
});
