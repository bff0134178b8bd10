import { screen, within } from "@testing-library/react";
import { http as wire, HttpResponse } from "msw";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { dayCell, metrics } from "@/test/samples";
import { show } from "@/test/screen";
import { server } from "@/test/server";

import { untilNow } from "./lib/until-now";
import { OverviewPage } from "./overview-page";

vi.mock("./components/daily-charts", () => ({ default: () => <p>charts</p> }));

beforeEach(() =>
  server.use(
    wire.get("/api/tenants/:id/metrics", () => HttpResponse.json(metrics())),
    wire.get("/api/tenants/:id/:insight", () => new Promise<never>(() => undefined)),
    wire.get("/api/messages", () => HttpResponse.json({ items: [], next_page: null })),
  ),
);
afterEach(() => vi.useRealTimers());

const card = (name: string) => screen.findByRole("region", { name });

describe("a period that is not over", () => {
  const hourCell = (hour: number, values: Record<string, number>) => ({
    ...dayCell("2026-11-19", values),
    hour,
  });

  it("is held against the one before up to the same time of its last day", () => {
    const hours = [
      hourCell(9, { messages_in: 10, conversations: 2, scored: 40, satisfaction_mean: 40 }),
      hourCell(10, { messages_in: 20, conversations: 4, scored: 40, satisfaction_mean: 60 }),
      hourCell(11, { messages_in: 30, conversations: 6, scored: 40, satisfaction_mean: 80 }),
    ];
    const before = metrics({ messages_in: 60, conversations: 12, scored: 120, avg_satisfaction: 60 });
    // Half past ten: all of the ninth hour, half of the tenth, nothing of the eleventh.
    const cut = untilNow(before, hours, 10.5);
    expect(cut).toMatchObject({ messages_in: 20, conversations: 4, scored: 60 });
    expect(cut.avg_satisfaction).toBeCloseTo((40 * 40 + 20 * 60) / 60);
    expect(untilNow(before, hours, 0)).toMatchObject({ messages_in: 0, scored: 0, avg_satisfaction: null });
    expect(untilNow(before, hours, 24)).toEqual(before);
  });

  it("says so, and holds no waits of a running day against a whole one", async () => {
    vi.useFakeTimers({ now: new Date("2026-11-20T13:30:00Z"), toFake: ["Date"] });
    server.use(
      wire.get("/api/tenants/:id/series", ({ request }) =>
        HttpResponse.json({
          cells: request.url.includes("grain=hour") ? [hourCell(11, { messages_in: 67, scored: 0 })] : [],
        }),
      ),
    );
    show(<OverviewPage />, { at: "/?periodo=hoje" });
    const volume = within(await card("Mensagens de clientes"));
    // 267 against 267 − 67, not against the whole day.
    expect(await volume.findByText("+33,5%")).toBeVisible();
    expect(volume.getByText("vs. ontem até esta hora")).toBeVisible();
    expect(volume.getByRole("button", { name: /até esta mesma hora/ })).toBeVisible();
    const unanswered = within(await card("Conversas sem resposta"));
    expect(unanswered.getByText("sem comparação")).toBeVisible();
    expect(unanswered.getByRole("button", { name: /enquanto o dia corre/ })).toBeVisible();
  });
});
