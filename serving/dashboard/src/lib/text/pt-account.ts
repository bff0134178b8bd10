/** Texts of API keys, the audit log and the company's settings. */
export const apiKeys = {
  title: "Chaves de API",
  hint: "Para outros sistemas lerem os seus dados. Uma chave só faz o que está marcado nela.",
  new: "Nova chave",
  name: "Para que serve",
  scopes: "O que pode fazer",
  scopeNames: {
    hear_live: "ouvir ao vivo",
    read_backfills: "ver recálculos",
    read_connections: "ver conexões",
    read_entitlements: "ver plano e limites",
    read_experiments: "ver experimentos",
    read_exports: "ver exportações",
    read_messages: "ler mensagens",
    read_metrics: "ler indicadores",
  } as Record<string, string>,
  expires: "Vale até (opcional)",
  expiresHead: "Vale até",
  create: "Criar chave",
  shown: "A chave é mostrada só agora. Guarde-a num lugar seguro.",
  key: "Chave",
  lastUsed: "Último uso",
  never: "nunca",
  revoke: "Revogar",
  revoked: "Chave revogada",
  empty: "Nenhuma chave",
  emptyHint: "Crie uma para ligar um painel, uma planilha ou outro sistema.",
};

export const audit = {
  title: "Registro de auditoria",
  hint: "Quem mudou o quê, e quando. Não pode ser alterado.",
  at: "Quando",
  actor: "Quem",
  action: "O quê",
  target: "Em quê",
  detail: "Detalhes",
  empty: "Nada registrado ainda",
  more: "Carregar mais",
};

export const company = {
  title: "Empresa",
  name: "Nome da empresa",
  timezone: "Fuso horário",
  locale: "Idioma dos textos gerados",
  locales: { "pt-BR": "Português (Brasil)", en: "Inglês", es: "Espanhol" } as Record<string, string>,
  saved: "Empresa atualizada",
  changedMeanwhile: "Alguém mudou estes dados enquanto você editava; confira e salve de novo.",
};
