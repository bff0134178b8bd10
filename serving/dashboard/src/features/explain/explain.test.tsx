import { screen } from "@testing-library/react";
import { http as wire, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";

import { show } from "@/test/screen";
import { server } from "@/test/server";

import { ExplainPage } from "./explain-page";

const ITEM = { id: "m1", at: "2026-11-20T12:00:00Z", value: 1, counts: true };

function open(metric: string): void {
  server.use(
    wire.get("/api/metrics", () => HttpResponse.json([])),
    wire.get("/api/tenants/:id/explain", () =>
      HttpResponse.json({ kind: "message", n: 1, counted: 1, items: [ITEM] }),
    ),
  );
  show(<ExplainPage />, { path: "/explicar", at: `/explicar?metrica=${metric}` });
}

describe("where a number comes from", () => {
  it("leads from a message to its conversation", async () => {
    open("messages_in");
    expect(await screen.findByRole("link", { name: "Ver conversa" })).toHaveAttribute(
      "href",
      "/atendimentos/m1?mensagem=m1",
    );
  });

  it.each(["messages_group", "messages_other"])("offers no way to where nothing is (%s)", async (metric) => {
    open(metric);
    expect(await screen.findByText("1 de 1 contam")).toBeVisible();
    expect(screen.getByRole("table")).toBeVisible();
    expect(screen.queryByRole("link", { name: "Ver conversa" })).toBeNull();
  });
});
