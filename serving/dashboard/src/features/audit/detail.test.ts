import { describe, expect, it } from "vitest";

import { detailOf } from "./detail";

describe("details of the audit log", () => {
  it.each([
    [{ role: "analyst", is_active: false }, "perfil: Analista · ativa: Não"],
    [{ transport: "socketio" }, "transporte: socket"],
    [{ fields: ["name", "timezone"] }, "mudou: nome, fuso horário"],
    [{ scopes: ["read_metrics", "read_messages"] }, "pode: ler indicadores, ler mensagens"],
    [
      { metric: "negative_pct", condition: "above", threshold: 12.5 },
      "indicador: Negativas · quando: fica acima de · valor: 12,5",
    ],
    [
      { because: "contract", status: ["trial", "active"], plan: ["pro", "pro"], access: [null, "full"] },
      "por causa de: contrato · situação: em teste → ativa · plano: pro · acesso: – → completo",
    ],
    [{ addons: [{}, { users: 2 }] }, "adicionais: – → usuários: 2"],
    [{ connections: ["019a0000-0000-7000-8000-0000000000d1"] }, "conexões: 1"],
    [{ reason: null, certificate_hash: "ab12" }, "comprovante: ab12"],
    [{ something_new: "as_it_is" }, "something_new: as_it_is"],
    [{}, ""],
  ])("%j", (detail, words) => expect(detailOf(detail)).toBe(words));
});
