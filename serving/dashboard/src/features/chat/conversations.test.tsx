import { screen } from "@testing-library/react";
import { http as wire, HttpResponse } from "msw";
import { expect, it } from "vitest";

import { show } from "@/test/screen";
import { server } from "@/test/server";

import { ConversationsPage } from "./conversations-page";

it("says that a period ends before it begins, and keeps the filters there to be mended", async () => {
  server.use(
    wire.get("/api/conversations", () => HttpResponse.json({ code: "invalid_input" }, { status: 422 })),
    wire.get("/api/*", () => new Promise<never>(() => undefined)),
  );
  show(<ConversationsPage />, { path: "/conversas", at: "/conversas?de=2026-11-30&ate=2026-11-01" });
  expect(await screen.findByRole("alert")).toHaveTextContent("A data inicial deve vir antes da final.");
  expect(screen.getByLabelText("De")).toHaveValue("2026-11-30");
});
