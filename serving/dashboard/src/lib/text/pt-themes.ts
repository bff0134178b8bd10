/** Texts of themes and drivers. */
export const themes = {
  title: "Temas e causas",
  subtitle: "Do que os clientes falam, e o que disso puxa o sentimento para baixo ou para cima.",
  net: (points: string) => `Sentimento líquido ${points}`,
  rests: (n: string) => `${n} mensagens avaliadas`,
  emergingCount: (n: number) => (n === 1 ? "1 tema crescendo" : `${n} temas crescendo`),
  drivers: "O que puxa o sentimento",
  driversHint:
    "Pontos que cada tema soma ao sentimento líquido; todos juntos dão o total. Clique para ler as mensagens.",
  pullsDown: "← puxa para baixo",
  pushesUp: "empurra para cima →",
  inMessages: (n: string, share: string) => `${n} mensagens (${share})`,
  table: "Todos os temas",
  tableHint:
    "Agrupados pelo sentido das mensagens, uma vez ao dia; o nome são as palavras que os distinguem.",
  theme: "Tema",
  none: "Sem tema",
  messages: "Mensagens",
  share: "Parte",
  satisfaction: "Satisfação",
  sentiment: "Sentimento",
  impact: "Efeito (p.p.)",
  lift: "Ritmo em 7 dias",
  times: (factor: string) => `${factor}×`,
  emerging: "crescendo",
  empty: "Ainda não há temas",
  emptyHint: "Os temas são formados uma vez ao dia, a partir de 40 mensagens de clientes.",
};
