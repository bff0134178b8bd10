import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http as wire, HttpResponse } from "msw";
import { Toaster } from "sonner";
import { beforeEach, describe, expect, it } from "vitest";

import { ErrorNotice } from "@/components/states";
import type { Schemas } from "@/lib/api/client";
import { ApiProblem } from "@/lib/api/problem";
import { me } from "@/test/samples";
import { show } from "@/test/screen";
import { server } from "@/test/server";

import { BillingPage } from "./billing-page";
import { StandingLine } from "./components/standing-line";

type State = Schemas["BillingState"];

const entitlements: Schemas["EntitledTo"] = {
  plan: "pro",
  status: "active",
  access: "full",
  banner: null,
  changes_at: null,
  purge_after: null,
  products: { sense: "plan", notifications: "plan" },
  limits: { connections: 3, users: 10 },
  retention_days: 180,
  store_raw_text: true,
  embeddings: true,
};

const subscription = (status: Schemas["Subscription"]["status"]): Schemas["Subscription"] => ({
  status,
  period_end: "2026-12-20T12:00:00+00:00",
  trial_ends_at: null,
  ends_with_period: false,
  next_plan: null,
  next_plan_at: null,
});

const state = (part: Partial<State> = {}): State => ({
  entitlements,
  addons: { connection: 2 },
  usage: { connections: 2, users: 3 },
  account_status: "active",
  paid_until: null,
  subscription: subscription("active"),
  invoices: [],
  notices: [],
  ...part,
});

const plan = (id: string, products: string[]): Schemas["PlanForSale"] => ({
  id,
  name: id === "pro" ? "Pro" : "Scale",
  price_cents: 49_900,
  currency: "brl",
  limits: { connections: 3 },
  retention_days: 180,
  store_raw_text: true,
  products,
  trial_days: 14,
});

const addon = (id: string, product: string | null): Schemas["AddOnForSale"] => ({
  id,
  name: id === "api" ? "API pública" : "Conexão extra",
  product,
  meter: product === null ? "connections" : null,
  amount: product === null ? 1 : null,
  price_cents: 7_900,
  currency: "brl",
});

let sent: unknown[] = [];
function answer(path: string, method: "put" | "post", body: object, status = 200): void {
  server.use(
    wire[method](path, async ({ request }) => {
      sent.push(await request.json());
      return HttpResponse.json(body, { status });
    }),
  );
}

function open(shown: State): void {
  server.use(
    wire.get("/api/me", () => HttpResponse.json(me)),
    wire.get("/api/billing", () => HttpResponse.json(shown)),
    wire.get("/api/billing/plans", () =>
      HttpResponse.json({
        plans: [plan("pro", ["sense"]), plan("scale", ["sense", "api"])],
        addons: [addon("api", "api"), addon("connection", null)],
      }),
    ),
  );
  show(
    <>
      <BillingPage />
      <Toaster />
    </>,
    { path: "/billing" },
  );
}

beforeEach(() => {
  sent = [];
});

describe("the subscription's page", () => {
  it("tells when a smaller plan begins, and what the larger one waits for", async () => {
    open(state());
    const later = { status: "active", begins_at: "2026-12-20T12:00:00+00:00", waits_for_payment: false };
    answer("/api/billing/plan", "put", later);
    await userEvent.click(await screen.findByRole("button", { name: "Mudar para este" }));
    const dialog = await screen.findByRole("dialog");
    await userEvent.click(within(dialog).getByRole("button", { name: "Mudar para este" }));
    expect(await screen.findByText(/o plano menor começa em 20\/12\/2026/)).toBeVisible();
    expect(sent).toEqual([{ plan: "scale", reduce: false }]);
  });

  it("says in words what the API refuses", async () => {
    open(state());
    const refusal = { type: "", title: "", status: 409, detail: "x", code: "invoice_open", request_id: "r" };
    answer("/api/billing/plan", "put", refusal, 409);
    await userEvent.click(await screen.findByRole("button", { name: "Mudar para este" }));
    const dialog = await screen.findByRole("dialog");
    await userEvent.click(within(dialog).getByRole("button", { name: "Mudar para este" }));
    expect(await screen.findByText(/Há uma fatura em aberto: pague-a antes/)).toBeVisible();
  });

  it("begins with the add-ons that are had", async () => {
    open(state());
    const field = await screen.findByRole("spinbutton", { name: "Quantidade: Conexão extra" });
    expect(field).toHaveValue(2);
    expect(screen.getByText(/2 em uso agora/)).toBeVisible();
    expect(screen.getByRole("spinbutton", { name: "Quantidade: API pública" })).toHaveValue(0);
  });

  it.each(["canceled", "incomplete_expired"] as const)(
    "sells a plan anew to who has only a subscription that is %s",
    async (status) => {
      open(state({ subscription: subscription(status), addons: {} }));
      answer("/api/billing/checkout", "post", { url: "#pago" });
      const [, buy] = await screen.findAllByRole("button", { name: "Contratar" });
      expect(screen.queryByRole("button", { name: "Mudar para este" })).toBeNull();
      expect(screen.queryByRole("button", { name: "Cancelar assinatura" })).toBeNull();
      if (!buy) throw new Error("the second plan has no button");
      await userEvent.click(buy);
      const dialog = await screen.findByRole("dialog");
      // The API belongs to this plan: nothing to add.
      expect(within(dialog).queryByRole("checkbox", { name: /API pública/ })).toBeNull();
      await userEvent.click(within(dialog).getByRole("checkbox", { name: /Conexão extra/ }));
      await userEvent.click(within(dialog).getByRole("button", { name: "Contratar" }));
      await waitFor(() => expect(sent).toEqual([{ plan: "scale", addons: { connection: 1 } }]));
    },
  );

  it("sells the plan that is tried, too", async () => {
    open(state({ subscription: null, addons: {} }));
    expect(await screen.findAllByRole("button", { name: "Contratar" })).toHaveLength(2);
  });

  it("offers no add-on that the plan includes", async () => {
    const products = { sense: "plan", api: "plan" } as const;
    open(state({ entitlements: { ...entitlements, products } }));
    expect(await screen.findByRole("spinbutton", { name: "Quantidade: Conexão extra" })).toBeVisible();
    expect(screen.queryByRole("spinbutton", { name: "Quantidade: API pública" })).toBeNull();
  });

  it("has a sentence of its own for every notice", async () => {
    const kinds = ["read_only", "over_limit", "connections_switched_off", "purge_soon", "access_stopped"];
    const notices = kinds.map((kind) => ({
      kind,
      ref: "r",
      created_at: "2026-11-20T12:00:00+00:00",
      detail: {},
    }));
    open(state({ notices }));
    expect(await screen.findAllByRole("alert")).toHaveLength(kinds.length);
    expect(screen.queryByText("Há um aviso sobre a sua assinatura.")).toBeNull();
  });
});

describe("above every page", () => {
  const standing = (banner: string | null): void => {
    server.use(wire.get("/api/entitlements", () => HttpResponse.json({ ...entitlements, banner })));
  };

  it.each([
    "past_due",
    "past_due_read_only",
    "trial",
    "trial_ended",
    "unpaid",
    "paused",
    "suspended",
    "canceled",
  ])("stands what %s means, and where to settle it", async (banner) => {
    standing(banner);
    show(<StandingLine me={me} />);
    expect(await screen.findByRole("status")).not.toHaveTextContent("Há uma pendência na sua assinatura.");
    expect(screen.getByRole("link", { name: "Abrir assinatura" })).toHaveAttribute("href", "/billing");
  });

  it("stands whom to ask, for who may not pay", async () => {
    standing("past_due");
    show(<StandingLine me={{ ...me, role: "analyst" }} />);
    expect(await screen.findByText(/Peça a quem administra/)).toBeVisible();
    expect(screen.queryByRole("link")).toBeNull();
  });

  it("stands nothing when all is well", async () => {
    standing(null);
    const { client } = show(<StandingLine me={me} />);
    await waitFor(() => expect(client.isFetching()).toBe(0));
    expect(screen.queryByRole("status")).toBeNull();
  });
});

it.each([
  ["subscription_required", 402, "Acesso suspenso"],
  ["read_only", 403, "Somente leitura"],
  ["product_not_included", 402, "Não incluído no plano"],
])("a page that %s closes says so, and where to go", (code, status, title) => {
  show(<ErrorNotice error={new ApiProblem(status, code, "x", null, null)} onRetry={() => undefined} />);
  expect(screen.getByText(title)).toBeVisible();
  expect(screen.getByRole("link", { name: "Abrir assinatura" })).toBeVisible();
});
