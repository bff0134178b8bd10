import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http as wire, HttpResponse } from "msw";
import { Toaster } from "sonner";
import { beforeEach, describe, expect, it } from "vitest";

import { me } from "@/test/samples";
import { show } from "@/test/screen";
import { server } from "@/test/server";

import { RulesPage } from "./rules-page";

const REGISTRY = [
  { name: "negative_pct", label: "Negativas", unit: "percent" },
  { name: "net_sentiment", label: "Sentimento líquido", unit: "points" },
  { name: "first_response_p50_ms", label: "Primeira resposta (p50)", unit: "milliseconds" },
  { name: "coverage", label: "Cobertura", unit: "share" },
];
const RULE = { rule_id: "r1", metric: "negative_pct", condition: "rises", threshold: 30, created_at: "x" };
let sent: unknown[] = [];
let kept: object[] = [];
let letters = { is_wanted: false, is_possible: true };

beforeEach(() => {
  sent = [];
  kept = [RULE];
  letters = { is_wanted: false, is_possible: true };
  server.use(
    wire.get("/api/metrics", () => HttpResponse.json(REGISTRY)),
    wire.get("/api/tenants/:id/alert-rules", () => HttpResponse.json(kept)),
    wire.post("/api/tenants/:id/alert-rules", async ({ request }) => {
      sent.push(await request.json());
      return HttpResponse.json(RULE, { status: 201 });
    }),
    wire.get("/api/me/alert-letters", () => HttpResponse.json(letters)),
    wire.put("/api/me/alert-letters", async ({ request }) => {
      letters = { ...letters, ...((await request.json()) as object) };
      return HttpResponse.json(letters);
    }),
    wire.delete("/api/tenants/:id/alert-rules/:rule", () => {
      kept = [];
      return new HttpResponse(null, { status: 204 });
    }),
  );
});

const choose = async (label: string, option: string) =>
  userEvent.selectOptions(await screen.findByLabelText(label), option);

describe("alert rules", () => {
  it("are read as sentences, and go when they are removed", async () => {
    show(<RulesPage />);
    const table = await screen.findByRole("table");
    expect(within(table).getByText(/^sobe mais de 30% contra o comum/)).toBeVisible();
    await userEvent.click(within(table).getByRole("button", { name: /Negativas/ }));
    expect(await screen.findByText("Nenhuma regra ainda")).toBeVisible();
  });

  it("are written in what people count in and sent in what the API counts in", async () => {
    show(<RulesPage />);
    await screen.findByRole("option", { name: "Cobertura" });
    await choose("Indicador", "first_response_p50_ms");
    await userEvent.type(screen.getByLabelText("Valor (minutos)"), "2,5");
    await userEvent.click(screen.getByRole("button", { name: "Criar regra" }));
    await choose("Indicador", "coverage");
    await choose("Quando", "below");
    await userEvent.clear(screen.getByLabelText("Valor (%)"));
    await userEvent.type(screen.getByLabelText("Valor (%)"), "90");
    await userEvent.click(screen.getByRole("button", { name: "Criar regra" }));
    await waitFor(() =>
      expect(sent).toEqual([
        { metric: "first_response_p50_ms", condition: "above", threshold: 150_000 },
        { metric: "coverage", condition: "below", threshold: 0.9 },
      ]),
    );
  });

  it("are made once by a double click", async () => {
    show(<RulesPage />);
    await screen.findByRole("option", { name: "Cobertura" });
    await userEvent.type(screen.getByLabelText("Valor (%)"), "25");
    const button = screen.getByRole("button", { name: "Criar regra" });
    // Both before anything is drawn again.
    act(() => {
      button.click();
      button.click();
    });
    await waitFor(() => expect(sent).not.toHaveLength(0));
    await waitFor(() => expect(button).toBeEnabled());
    expect(sent).toHaveLength(1);
  });

  it("offer no percentage of what goes through zero", async () => {
    show(<RulesPage />);
    await choose("Quando", "falls");
    await screen.findByRole("option", { name: "Cobertura" });
    await choose("Indicador", "net_sentiment");
    expect(screen.getByLabelText("Quando")).toHaveValue("above");
    expect(screen.queryByRole("option", { name: "cai" })).toBeNull();
  });

  it("are not made of what can never be", async () => {
    show(<RulesPage />);
    await screen.findByRole("option", { name: "Cobertura" });
    for (const written of ["-5", "250"]) {
      await userEvent.clear(screen.getByLabelText("Valor (%)"));
      await userEvent.type(screen.getByLabelText("Valor (%)"), written);
      expect(screen.getByLabelText("Valor (%)")).toBeInvalid();
    }
    await choose("Indicador", "net_sentiment");
    await userEvent.clear(screen.getByLabelText("Valor (pontos)"));
    await userEvent.type(screen.getByLabelText("Valor (pontos)"), "-5");
    expect(screen.getByLabelText("Valor (pontos)")).toBeValid();
  });

  it("say which field is refused and why", async () => {
    server.use(
      wire.post("/api/tenants/:id/alert-rules", () =>
        HttpResponse.json(
          {
            code: "invalid_input",
            detail: "The request can't be used as it is; see `errors`",
            errors: [{ field: "body.threshold", reason: "Input should be less than 9" }],
          },
          { status: 422 },
        ),
      ),
    );
    show(
      <>
        <RulesPage />
        <Toaster />
      </>,
    );
    await screen.findByRole("option", { name: "Cobertura" });
    await userEvent.type(screen.getByLabelText("Valor (%)"), "25");
    await userEvent.click(screen.getByRole("button", { name: "Criar regra" }));
    expect(await screen.findByText(/threshold: Input should be less than 9/)).toBeVisible();
    expect(screen.queryByText(/see `errors`/)).toBeNull();
  });

  it("are there to read for everybody, and to change for administrators", async () => {
    show(<RulesPage />, { me: { ...me, role: "operator" } });
    expect(await screen.findByRole("table")).toBeVisible();
    expect(screen.queryByRole("button", { name: "Criar regra" })).toBeNull();
    expect(screen.queryByRole("button", { name: /^Remover/ })).toBeNull();
  });

  it("are not asked of somebody who can't write them", async () => {
    kept = [];
    show(<RulesPage />, { me: { ...me, role: "operator" } });
    expect(await screen.findByText("Nenhuma regra ainda")).toBeVisible();
    expect(screen.queryByText(/^Crie uma/)).toBeNull();
  });
});

describe("alerts by mail", () => {
  it("are everybody's own choice", async () => {
    show(<RulesPage />);
    const choice = await screen.findByRole("checkbox", { name: /por e-mail/ });
    expect(choice).not.toBeChecked();
    await userEvent.click(choice);
    await waitFor(() => expect(screen.getByRole("checkbox", { name: /por e-mail/ })).toBeChecked());
    expect(letters.is_wanted).toBe(true);
  });

  it("can't be chosen where nothing can be sent", async () => {
    letters = { is_wanted: false, is_possible: false };
    show(<RulesPage />);
    expect(await screen.findByRole("checkbox", { name: /por e-mail/ })).toBeDisabled();
    expect(screen.getByText(/Peça a quem a administra/)).toBeVisible();
  });
});
