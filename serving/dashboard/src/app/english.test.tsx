/** Pages as somebody sees them who has chosen English: nothing of Portuguese is left on them. */
import { screen, waitFor } from "@testing-library/react";
import { http as wire, HttpResponse } from "msw";
import { expect, it, vi } from "vitest";

// Texts are chosen as code loads, so the choice stands before anything is imported.
vi.hoisted(() => localStorage.setItem("evosense.language", "en"));

import { AccountMenu } from "@/app/account-menu";
import { LoginPage } from "@/features/login/login-page";
import { OverviewPage } from "@/features/overview/overview-page";
import { SettingsPage } from "@/features/settings/settings-page";
import { addDays, today } from "@/lib/format/days";
import { decimal, integer, interval } from "@/lib/format/numbers";
import { text } from "@/lib/text";
import { dayCell, me, message, metrics } from "@/test/samples";
import { show } from "@/test/screen";
import { server } from "@/test/server";
import userEvent from "@testing-library/user-event";

vi.mock("@/features/overview/components/daily-charts", () => ({ default: () => <p>charts</p> }));

// Letters and little words that English does not have.
const PORTUGUESE =
  /[ãõçáâéêíóôú]|\b(de|da|dos|das|não|com|para|em|uma?|sem|mais|seu|sua|ontem|hoje|dias)\b/giu;
/** Names that people gave are not the dashboard's; a language is called by its own name. */
const NAMES = ["Português (Brasil)", "Loja Aurora"];

function leaks(): string[] {
  const labels = [...document.querySelectorAll("[aria-label], [title], [placeholder]")].flatMap((each) =>
    ["aria-label", "title", "placeholder"].map((name) => each.getAttribute(name) ?? ""),
  );
  let all = [document.body.textContent, ...labels].join(" ");
  for (const name of NAMES) all = all.replaceAll(name, "");
  return all.match(PORTUGUESE) ?? [];
}

it("the numbers are written as in England", () => {
  expect(text.locale).toBe("en-GB");
  expect([integer(12_843), decimal(52.66), interval(1, 2.5)]).toEqual(["12,843", "52.7", "+1 to +2.5"]);
});

it("the overview", async () => {
  const yesterday = addDays(today("America/Sao_Paulo"), -1);
  server.use(
    wire.get("/api/tenants/:id/metrics", () => HttpResponse.json(metrics())),
    wire.get("/api/tenants/:id/series", () => HttpResponse.json({ cells: [dayCell(yesterday)] })),
    wire.get("/api/tenants/:id/alerts", () => HttpResponse.json([])),
    wire.get("/api/tenants/:id/:insight", () => new Promise<never>(() => undefined)),
    wire.get("/api/messages", () => HttpResponse.json({ items: [message({ text: "ok" })], next_page: null })),
  );
  show(<OverviewPage />);
  expect(await screen.findByRole("region", { name: "Predicted satisfaction" })).toBeVisible();
  expect(
    await screen.findByText("Nothing out of the ordinary yesterday and the day before, and no rule broken."),
  ).toBeVisible();
  expect(await screen.findByText("ok")).toBeVisible();
  expect(leaks()).toEqual([]);
});

it("the settings, where the language is chosen", async () => {
  server.use(
    wire.get("/api/tenants/:id", () =>
      HttpResponse.json({ name: "Loja Aurora", timezone: "America/Sao_Paulo", locale: "pt-BR" }),
    ),
  );
  show(<SettingsPage />);
  expect(await screen.findByRole("radio", { name: "English" })).toBeChecked();
  expect(screen.getByRole("radio", { name: "Português (Brasil)" })).not.toBeChecked();
  expect(await screen.findByLabelText("Company name")).toBeVisible();
  await waitFor(() => expect(leaks()).toEqual([]));
});

it("the log-in and the account's menu", async () => {
  const { unmount } = show(<LoginPage />, { isLoggedIn: false });
  expect(await screen.findByRole("button", { name: "Log in" })).toBeVisible();
  expect(leaks()).toEqual([]);
  unmount();
  show(<AccountMenu me={me} />);
  await userEvent.click(screen.getByRole("button", { name: /Your account/ }));
  expect(await screen.findByRole("menuitem", { name: "Log out" })).toBeVisible();
  expect(leaks()).toEqual([]);
});
