import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http as wire, HttpResponse } from "msw";
import { beforeEach, describe, expect, it } from "vitest";

import { TENANT } from "@/test/samples";
import { show } from "@/test/screen";
import { server } from "@/test/server";

import { ContactsPage } from "./contacts-page";
import { daysOf, readView, STANDARD, toQuery, writeView } from "./lib/view";
import { RetentionPage } from "./retention-page";

const cell = (value: number, n: number) => ({ value, low: value / 2, high: Math.min(1, value * 1.5), n });
let asked: URLSearchParams;

beforeEach(() => {
  server.use(
    wire.get("/api/tenants/:id/retention", ({ request }) => {
      asked = new URL(request.url).searchParams;
      return HttpResponse.json({
        columns: [
          [0, 0],
          [1, 1],
          [2, 2],
        ],
        means: [1, 0.25, null],
        cohorts: [
          { starts_on: "2026-11-02", size: 0, cells: [null, null, null] },
          { starts_on: "2026-11-09", size: 16, cells: [cell(1, 16), cell(0.25, 16), null] },
        ],
      });
    }),
    wire.get("/api/tenants/:id/:rest", () => new Promise<never>(() => undefined)),
  );
});

describe("the cohort table", () => {
  it("begins with the first group that has somebody, and leads from a share to the people", async () => {
    show(<RetentionPage />);
    const table = await screen.findByRole("table");
    const cellOf = within(table).getByRole("link", { name: /sem. 09\/11, \+1: 25,0% de 16/ });
    expect(cellOf).toHaveTextContent("25%");
    expect(cellOf).toHaveAttribute("href", expect.stringContaining("grupo=2026-11-09&coluna=1"));
    expect(within(table).queryByText("sem. 02/11")).toBeNull();
    // Nobody has reached the third column yet.
    expect(within(table).queryByText("+2")).toBeNull();
  });

  it("asks again as people want it counted, and keeps that in the address", async () => {
    const { router } = show(<RetentionPage />);
    await userEvent.selectOptions(await screen.findByLabelText("Conta como volta"), "on_or_after");
    await userEvent.selectOptions(await screen.findByLabelText("Grupos"), "all");
    expect(router.state.location.search).toBe("?volta=on_or_after&grupos=todos");
    await screen.findByRole("link", { name: /25,0% de 16/ });
    expect([asked.get("kind"), asked.get("first_time"), asked.get("grain")]).toEqual([
      "on_or_after",
      "false",
      "week",
    ]);
  });
});

describe("the people behind a number", () => {
  it("lead to their conversations, those who stayed away too", async () => {
    const wanted: string[] = [];
    server.use(
      wire.get(`/api/tenants/${TENANT}/retention/contacts`, ({ request }) => {
        wanted.push(new URL(request.url).searchParams.get("came_back") ?? "");
        const contact = { contact_id: "019a0000-0000-7000-8000-0000000000f1", first_on: "2026-11-09" };
        return HttpResponse.json({ n: 240, items: [{ ...contact, last_on: "2026-11-16", periods: 2 }] });
      }),
    );
    show(<ContactsPage />, {
      path: "/retencao/contatos",
      at: "/retencao/contatos?grupo=2026-11-09&coluna=1&nome=%2B1",
    });
    expect(await screen.findByRole("link", { name: /Ver conversas/ })).toHaveAttribute(
      "href",
      "/conversas?contato=019a0000-0000-7000-8000-0000000000f1",
    );
    expect(screen.getByText("1 de 240 clientes, os que escreveram por último")).toBeVisible();
    await userEvent.click(screen.getByRole("radio", { name: "Não voltaram" }));
    await screen.findByRole("link", { name: /Ver conversas/ });
    expect(wanted).toEqual(["true", "false"]);
  });
});

describe("a view", () => {
  it("survives the address, and what is standard is left away", () => {
    const view = {
      grain: "month",
      kind: "every",
      firstTime: false,
      reference: "previous",
      mean: "simple",
    } as const;
    expect(readView(new URLSearchParams(writeView(view)))).toEqual(view);
    expect(writeView(STANDARD)).toEqual({});
    expect(readView(new URLSearchParams("periodo=ano&volta=x"))).toEqual(STANDARD);
  });

  it("asks for whole months, and for as many columns as periods", () => {
    expect(daysOf("month", "2026-03-31")).toEqual({ from: "2025-04-01", to: "2026-03-31" });
    expect(daysOf("week", "2026-11-30").from).toBe("2026-09-08");
    expect(toQuery({ ...STANDARD, grain: "day" }, "2026-11-30").periods).toBe(13);
  });
});
