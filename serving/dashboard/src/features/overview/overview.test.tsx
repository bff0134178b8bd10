import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http as wire, HttpResponse } from "msw";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { keys } from "@/lib/api/keys";
import { day, message, metrics } from "@/test/samples";
import { show } from "@/test/screen";
import { server } from "@/test/server";

import { CARDS } from "./lib/cards";
import { periodOf } from "@/lib/period/period";
import { trendOf } from "./lib/trend";
import { yesterdayOf } from "./lib/yesterday";
import { OverviewPage } from "./overview-page";

vi.mock("./components/daily-charts", () => ({ default: () => <p>charts</p> }));

let now = metrics();
beforeEach(() => {
  now = metrics();
  server.use(
    wire.get("/api/tenants/:id/metrics", () => HttpResponse.json(now)),
    wire.get("/api/tenants/:id/kpis", () => HttpResponse.json({ tenant_id: "x", days: [day("2026-11-20")] })),
    wire.get("/api/tenants/:id/series", () => HttpResponse.json({ cells: [] })),
    // The cards below have tests of their own in the browser; here they keep loading.
    wire.get("/api/tenants/:id/:insight", () => new Promise<never>(() => undefined)),
    wire.get("/api/messages", () => HttpResponse.json({ items: [message()], next_page: null })),
  );
});

const card = (name: string) => screen.findByRole("region", { name });

describe("the overview", () => {
  it("shows figures with what they rest on, and leads to their messages", async () => {
    show(<OverviewPage />);
    const box = await card("Satisfação prevista");
    expect(within(box).getByText("52,7")).toBeVisible();
    expect(within(box).getByText("n = 261 · cobertura 99,6%")).toBeVisible();
    const link = within(await card("Sentimento líquido")).getByRole("link");
    expect(link).toHaveTextContent("+9,6");
    expect(link).toHaveAttribute("href", expect.stringContaining("humor=negative"));
    expect(await screen.findByText("Meu pedido não chegou")).toBeVisible();
  });

  it("moves a number when it is read again, without anything else going away", async () => {
    const { client } = show(<OverviewPage />);
    const box = await card("Mensagens de clientes");
    now = metrics({ messages_in: 268 });
    await client.invalidateQueries({ queryKey: keys.metrics });
    await waitFor(() => expect(within(box).getByText("268")).toBeVisible());
    expect(box).toBeInTheDocument();
  });

  it("says that there is nothing rather than showing zeros", async () => {
    now = metrics({ total_messages: 0 });
    show(<OverviewPage />);
    expect(await screen.findByText("Ainda não há mensagens neste período")).toBeVisible();
    expect(screen.queryByRole("region", { name: "Satisfação prevista" })).toBeNull();
  });

  it("says what a refusal means, and tries again on demand", async () => {
    const problem = {
      type: "",
      title: "",
      status: 500,
      detail: "",
      code: "internal_error",
      request_id: "req-7",
    };
    server.use(wire.get("/api/tenants/:id/metrics", () => HttpResponse.json(problem, { status: 500 })));
    show(<OverviewPage />);
    expect(await screen.findByText("Código: req-7")).toBeVisible();
    server.use(wire.get("/api/tenants/:id/metrics", () => HttpResponse.json(now)));
    await userEvent.click(screen.getByRole("button", { name: "Tentar de novo" }));
    expect(await card("Satisfação prevista")).toBeVisible();
  });

  it("keeps the period in the address", async () => {
    const { router } = show(<OverviewPage />);
    await userEvent.click(await screen.findByRole("radio", { name: "Ontem" }));
    expect(router.state.location.search).toBe("?periodo=ontem");
  });
});

describe("trends", () => {
  const [satisfaction, , , volume, response] = CARDS;
  it("know whether more is better", () => {
    if (!satisfaction || !volume || !response) throw new Error("no cards");
    expect(trendOf(satisfaction, 60, 50)).toEqual({ delta: 10, direction: "up", meaning: "better" });
    expect(trendOf(response, 60, 50)).toMatchObject({ delta: 0.2, meaning: "worse" });
    expect(trendOf(volume, 60, 50)).toMatchObject({ meaning: "plain" });
    expect(trendOf(volume, 60, 0)).toBeNull();
    expect(trendOf(satisfaction, null, 50)).toBeNull();
    expect(trendOf(satisfaction, 50.01, 50)).toMatchObject({ direction: "flat" });
  });

  it("compare periods that are equally long and touch", () => {
    vi.useFakeTimers({ now: new Date("2026-11-21T01:00:00Z"), toFake: ["Date"] });
    // In São Paulo it is still the 20th.
    expect(periodOf("7", "America/Sao_Paulo")).toEqual({
      now: { from: "2026-11-14", to: "2026-11-20" },
      before: { from: "2026-11-07", to: "2026-11-13" },
    });
    vi.useRealTimers();
  });
});

describe("yesterday", () => {
  it("is held against the week before it, by the number of scored messages", () => {
    const days = [
      day("2026-11-17", { avg_satisfaction: null, scored: 0 }),
      day("2026-11-18", { avg_satisfaction: 40, scored: 30 }),
      day("2026-11-19", { avg_satisfaction: 60, scored: 10 }),
      day("2026-11-20", { avg_satisfaction: 50, scored: 20, negative_pct: 25 }),
    ];
    expect(yesterdayOf(days, "2026-11-20")).toMatchObject({ difference: 5, negatives: 5, satisfaction: 50 });
    expect(yesterdayOf(days, "2026-11-21")).toBeNull();
  });
});
