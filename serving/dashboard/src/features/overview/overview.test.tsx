import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http as wire, HttpResponse } from "msw";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { keys } from "@/lib/api/keys";
import { addDays, today } from "@/lib/format/days";
import { day, dayCell, message, metrics } from "@/test/samples";
import { show } from "@/test/screen";
import { server } from "@/test/server";

import { CARDS } from "./lib/cards";
import { chartDays } from "./lib/chart-days";
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
    const net = within(await card("Sentimento líquido"));
    expect(net.getByRole("link", { name: /^\+9,6/ })).toHaveAttribute(
      "href",
      expect.stringContaining("quem=in&onde=individual&contadas=sim&humor=scored"),
    );
    expect(net.getByRole("link", { name: /negativas$/ })).toHaveAttribute(
      "href",
      expect.stringContaining("humor=negative"),
    );
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

describe("what is behind a figure", () => {
  const bounds = (value: number) => ({ value, low: value / 2, high: value * 2, n: 40 });
  const times = {
    n: 40,
    mean_ms: 1,
    p50_ms: bounds(90_000),
    p90_ms: bounds(600_000),
    p95_ms: null,
    buckets: [],
  };
  const waits = {
    first_response: times,
    turn: times,
    resolution: times,
    first_response_business: null,
    turn_business: null,
    unanswered: { value: 0.042, low: 0.02, high: 0.09, n: 48 },
    closed_conversations: 3,
    closed_contacts: 3,
    closes: 0,
    customer_wait_mean_ms: null,
  };
  const to = async (name: string) =>
    within(await card(name))
      .getByRole("link")
      .getAttribute("href");

  it("is one click away: conversations without an answer, and each wait with its ninth tenth", async () => {
    server.use(wire.get("/api/tenants/:id/response-times", () => HttpResponse.json(waits)));
    show(<OverviewPage />);
    expect(await to("Conversas sem resposta")).toMatch(/^\/conversas\?.*resposta=sem&inicio=customer/);
    const turn = within(await card("Cada resposta (mediana)"));
    expect(await turn.findByText("1,5 min")).toBeVisible();
    expect(turn.getByText("p90 10 min")).toBeVisible();
    expect(turn.getByText("IC 95%: 45 s a 3 min")).toBeVisible();
    expect(turn.getByRole("link")).toHaveAttribute(
      "href",
      expect.stringContaining("/explicar?metrica=turn_wait_p50_ms"),
    );
  });

  it("is not held against another period where there is too little of it", async () => {
    now = metrics({ scored: 19 });
    show(<OverviewPage />);
    expect(
      await within(await card("Satisfação prevista")).findByText("poucos dados para comparar"),
    ).toBeVisible();
    expect(within(await card("Mensagens de clientes")).queryByText("poucos dados para comparar")).toBeNull();
  });
});

describe("alerts", () => {
  const alert = {
    metric: { name: "negative_pct", label: "Negativas", unit: "percent" },
    day: "2026-11-20",
    value: 41.2,
    n: 60,
    median: 18,
    low: 11,
    high: 25,
    side: "high",
    is_bad: true,
    rule: null,
    acknowledged: null,
  };
  const rule = { rule_id: "r1", metric: "negative_pct", condition: "above", threshold: 25 };

  it("stand at the top with their band, and lead to what is behind them", async () => {
    server.use(
      wire.get("/api/tenants/:id/alerts", () => HttpResponse.json([alert])),
      wire.get("/api/tenants/:id/series", () => HttpResponse.json({ cells: [dayCell(yesterdayIs())] })),
    );
    show(<OverviewPage />);
    const line = await screen.findByRole("link", { name: /Negativas/ });
    expect(line).toHaveTextContent("41,2% acima do normal (11,0% a 25,0%)".replace(" ", ""));
    expect(line).toHaveAttribute("href", "/explicar?metrica=negative_pct&de=2026-11-20&ate=2026-11-20");
  });

  it("that break a rule name its limit, and can be taken notice of", async () => {
    const noticed: string[] = [];
    let shown: object = { ...alert, rule, median: null, low: null };
    server.use(
      wire.get("/api/tenants/:id/alerts", () => HttpResponse.json([shown])),
      wire.put("/api/tenants/:id/alerts/:day/:metric/acknowledgement", ({ params }) => {
        noticed.push(`${String(params.day)} ${String(params.metric)}`);
        shown = { ...shown, acknowledged: { at: "2026-11-21T13:00:00Z", by: "Helena Duarte" } };
        return new HttpResponse(null, { status: 204 });
      }),
      wire.get("/api/tenants/:id/series", () => HttpResponse.json({ cells: [dayCell(yesterdayIs())] })),
    );
    show(<OverviewPage />);
    expect(await screen.findByRole("link", { name: /Negativas/ })).toHaveTextContent(
      "41,2%acima do limite de 25,0%",
    );
    await userEvent.click(screen.getByRole("button", { name: "Estou ciente: Negativas" }));
    expect(await screen.findByText(/Helena Duarte está ciente desde/)).toBeVisible();
    expect(noticed).toEqual(["2026-11-20 negative_pct"]);
    expect(screen.getByRole("button", { name: "Desfazer: Negativas" })).toBeVisible();
  });

  it("are told to be none, which is news too", async () => {
    server.use(
      wire.get("/api/tenants/:id/alerts", () => HttpResponse.json([])),
      wire.get("/api/tenants/:id/series", () => HttpResponse.json({ cells: [dayCell(yesterdayIs())] })),
    );
    show(<OverviewPage />);
    expect(
      await screen.findByText("Nada fora do comum ontem e anteontem, e nenhuma regra quebrada."),
    ).toBeVisible();
  });
});

const yesterdayIs = () => addDays(today("America/Sao_Paulo"), -1);

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
  it("is read off the series that the charts are drawn from", () => {
    const values = {
      messages_in: 31,
      scored: 30,
      satisfaction_mean: 61.5,
      negative_pct: 10,
      unanswered_pct: 4,
      first_response_p50_ms: 90_500,
      conversations: 9,
    };
    expect(yesterdayOf(chartDays([dayCell("2026-11-20", values)]), "2026-11-20")).toMatchObject({
      messages: 31,
      satisfaction: 61.5,
      negatives: 3,
      negativePct: 10,
      unansweredPct: 4,
      firstResponseSeconds: 90.5,
      conversations: 9,
    });
    expect(yesterdayOf(chartDays([dayCell("2026-11-20", {})]), "2026-11-20")).toMatchObject({
      messages: 0,
      satisfaction: null,
      negatives: null,
      unansweredPct: null,
      firstResponseSeconds: null,
    });
  });

  it("is held against the week before it, by the number of scored messages", () => {
    const days = [
      day("2026-11-17", { avg_satisfaction: null, scored: 0 }),
      day("2026-11-18", { avg_satisfaction: 40, scored: 30 }),
      day("2026-11-19", { avg_satisfaction: 60, scored: 10 }),
      day("2026-11-20", { avg_satisfaction: 50, scored: 20, negative_pct: 25 }),
    ];
    expect(yesterdayOf(days, "2026-11-20")).toMatchObject({
      difference: 5,
      negatives: 5,
      satisfaction: 50,
      negativeChange: 5,
      messagesChange: null,
      isFew: false,
    });
    expect(yesterdayOf(days, "2026-11-19")).toMatchObject({ isFew: true });
    expect(yesterdayOf(days, "2026-11-21")).toBeNull();
  });

  it("holds its volume against the same weekday, from the first message on", () => {
    // Five Sundays of 10 messages among days of 100; the first week has none at all.
    const days = Array.from({ length: 36 }, (_, place) =>
      day(addDays("2026-10-25", place), {
        messages_in: place < 7 ? 0 : place === 35 ? 12 : place % 7 === 0 ? 10 : 100,
      }),
    );
    expect(yesterdayOf(days, "2026-11-29")?.messagesChange).toBeCloseTo(0.2);
    expect(yesterdayOf(days, "2026-11-02")?.messagesChange).toBeNull();
  });
});
