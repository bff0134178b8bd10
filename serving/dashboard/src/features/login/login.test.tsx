import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http as wire, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";

import { show } from "@/test/screen";
import { server } from "@/test/server";

import { LoginPage } from "./login-page";
import { safeTarget } from "./safe-target";

function open(at = "/entrar"): void {
  show(<LoginPage />, { path: "/entrar", at, isLoggedIn: false });
}

async function submit(): Promise<void> {
  await userEvent.type(await screen.findByLabelText("E-mail"), "helena@loja-aurora.example");
  await userEvent.type(screen.getByLabelText("Senha"), "errada");
  await userEvent.click(screen.getByRole("button", { name: "Entrar" }));
}

const refusing = (status: number, headers: Record<string, string> = {}) =>
  server.use(wire.post("/api/auth/login", () => HttpResponse.json({}, { status, headers })));

describe("logging in", () => {
  it.each([
    [401, {}, "E-mail ou senha incorretos."],
    [429, { "Retry-After": "120" }, "Muitas tentativas. Aguarde 2 min e tente de novo."],
    [503, {}, "Não foi possível entrar agora. Tente de novo em instantes."],
  ])("says what %d means", async (status, headers, words) => {
    refusing(status, headers);
    open();
    await submit();
    expect(await screen.findByRole("alert")).toHaveTextContent(words);
    expect(screen.getByRole("button", { name: "Entrar" })).toBeEnabled();
  });

  it("asks nobody while something is missing", async () => {
    open();
    await userEvent.click(await screen.findByRole("button", { name: "Entrar" }));
    expect(screen.getByRole("alert")).toHaveTextContent("Preencha e-mail e senha.");
  });

  it("goes back to where the person wanted to be, and nowhere else", () => {
    expect(safeTarget("/mensagens?quem=in")).toBe("/mensagens?quem=in");
    expect(safeTarget("//evil.example/x")).toBe("/");
    expect(safeTarget("https://evil.example")).toBe("/");
    expect(safeTarget("/\\evil.example")).toBe("/");
    expect(safeTarget(null)).toBe("/");
  });
});
