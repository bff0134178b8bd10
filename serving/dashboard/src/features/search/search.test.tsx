import { screen } from "@testing-library/react";
import { http as wire } from "msw";
import { expect, it } from "vitest";

import { show } from "@/test/screen";
import { server } from "@/test/server";

import { SearchPage } from "./search-page";

it("says that a period ends before it begins, and asks for nothing", async () => {
  const asked: string[] = [];
  server.use(
    wire.get("/api/*", ({ request }) => {
      asked.push(new URL(request.url).pathname);
      return new Promise<never>(() => undefined);
    }),
  );
  show(<SearchPage />, { path: "/busca", at: "/busca?q=entrega&de=2026-11-30&ate=2026-11-01" });
  expect(await screen.findByRole("alert")).toHaveTextContent("A data inicial deve vir antes da final.");
  expect(asked).not.toContain("/api/search");
});
