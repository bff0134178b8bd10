import { fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http as wire, HttpResponse } from "msw";
import { expect, it } from "vitest";

import { show } from "@/test/screen";
import { server } from "@/test/server";

import { BackfillForm } from "./backfill-form";

const ZONE = "America/Sao_Paulo";

it("says what scoring would take before anything is asked for", async () => {
  const asked: string[] = [];
  server.use(
    wire.get("/api/backfills/estimate", ({ request }) => {
      const days = new URL(request.url).searchParams;
      asked.push(`${days.get("first_day")} ${days.get("last_day")}`);
      const isLong = days.get("first_day") === "2026-10-01";
      return HttpResponse.json({ messages: isLong ? 12_843 : 0, cost_usd: isLong ? 1.25 : 0, seconds: 600 });
    }),
  );
  show(<BackfillForm zone={ZONE} />);
  expect(await screen.findByText("Nenhuma mensagem sem nota nestes dias.")).toBeVisible();
  fireEvent.change(screen.getByLabelText("Primeiro dia"), { target: { value: "2026-10-01" } });
  const told = await screen.findByText(/12\.843 mensagens/);
  expect(told).toHaveTextContent(/US\$\s1,25 e 10 min/);
  expect(asked).toHaveLength(2);
});

it("estimates scoring only, and asks for what the form says", async () => {
  let wish: unknown = null;
  server.use(
    wire.get("/api/backfills/estimate", () => HttpResponse.json({ messages: 3, cost_usd: 0, seconds: 1 })),
    wire.post("/api/backfills", async ({ request }) => {
      wish = await request.json();
      return HttpResponse.json({}, { status: 202 });
    }),
  );
  show(<BackfillForm zone={ZONE} />);
  expect(await screen.findByText(/Faltam notas em 3 mensagens/)).toBeVisible();
  await userEvent.selectOptions(screen.getByLabelText("O que refazer"), "warehouse");
  expect(screen.queryByText(/Faltam notas/)).toBeNull();
  fireEvent.change(screen.getByLabelText("Primeiro dia"), { target: { value: "2026-11-01" } });
  fireEvent.change(screen.getByLabelText("Último dia"), { target: { value: "2026-11-02" } });
  await userEvent.click(screen.getByRole("button", { name: "Recalcular" }));
  await expect
    .poll(() => wish)
    .toEqual({
      kind: "warehouse",
      first_day: "2026-11-01",
      last_day: "2026-11-02",
    });
});
