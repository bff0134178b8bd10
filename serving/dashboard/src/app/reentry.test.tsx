import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http as wire, HttpResponse } from "msw";
import { expect, it, vi } from "vitest";

import { refresh, useSession } from "@/lib/session/session";
import { me, TENANT } from "@/test/samples";
import { show } from "@/test/screen";
import { server } from "@/test/server";

import { Shell } from "./shell";

vi.mock("./live-bridge", () => ({ LiveBridge: () => null }));

const inside = <textarea aria-label="Prompt" />;

async function endedWhileWriting() {
  server.use(
    wire.get("/api/entitlements", () => new Promise<never>(() => undefined)),
    wire.post("/api/auth/refresh", () => HttpResponse.json({}, { status: 401 })),
    wire.post("/api/auth/login", async ({ request }) => {
      sent.push(await request.json());
      return HttpResponse.json({
        access_token: "new",
        token_type: "Bearer",
        expires_in: 600,
        tenant_id: TENANT,
        role: me.role,
      });
    }),
  );
  const shown = show(<Shell />, { path: "/experimentos", inside });
  await userEvent.type(await screen.findByLabelText("Prompt"), "muito trabalho");
  await expect(refresh()).rejects.toThrow();
  await screen.findByRole("dialog", { name: "Sua sessão terminou" });
  return shown;
}

let sent: unknown[] = [];

it("lets somebody whose session ended log in above the page, and keeps what they wrote", async () => {
  sent = [];
  const { router } = await endedWhileWriting();
  await userEvent.type(screen.getByLabelText("Senha"), "segredo");
  await userEvent.click(screen.getByRole("button", { name: "Entrar" }));
  await waitFor(() => expect(screen.queryByRole("dialog", { name: "Sua sessão terminou" })).toBeNull());
  expect(sent).toEqual([{ email: me.email, password: "segredo" }]);
  expect(screen.getByLabelText("Prompt")).toHaveValue("muito trabalho");
  expect(router.state.location.pathname).toBe("/experimentos");
});

it("gives the page up for somebody else", async () => {
  const { router } = await endedWhileWriting();
  await userEvent.click(screen.getByRole("button", { name: "Entrar com outra conta" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/entrar"));
  expect(useSession.getState().state).toBe("out");
  expect(screen.queryByLabelText("Prompt")).toBeNull();
});
