/** What each metric of the registry means, by its name; a test of the API's side holds the two lists together. */
export const definitions: Record<string, string> = {
  messages_in:
    "Mensagens de clientes em conversas individuais, pela hora do envio; apagadas e figurinhas à parte.",
  messages_out: "Mensagens a clientes em conversas individuais, de pessoas, robôs e campanhas.",
  messages_automated: "A parte das enviadas que veio de robôs e campanhas.",
  messages_group: "Mensagens em grupos, que nenhum outro indicador conta.",
  messages_deleted: "Mensagens que o autor apagou, que nenhum outro indicador conta.",
  messages_other: "Figurinhas, reações, avisos e status, que nenhum outro indicador conta.",
  audio_without_text: "Áudios de clientes que ninguém transcreveu e que por isso não têm nota.",
  eligible: "Mensagens de clientes que têm texto (ou tinham quando foram avaliadas).",
  scored: "Mensagens de clientes com nota da versão que valia na hora.",
  coverage: "Avaliadas divididas pelas avaliáveis.",
  sentiment_mean: "Média do sentimento das mensagens avaliadas, de −1 a 1.",
  positive_pct: "Parte das mensagens avaliadas com sentimento acima de 0,1.",
  neutral_pct: "Parte das mensagens avaliadas com sentimento de −0,1 a 0,1.",
  negative_pct: "Parte das mensagens avaliadas com sentimento abaixo de −0,1.",
  net_sentiment: "Positivas menos negativas, em pontos percentuais, de −100 a 100.",
  satisfaction_mean:
    "Média da satisfação, de 0 a 100, que o modelo prevê pelo que os clientes escrevem; não é pesquisa.",
  conversations: "Conversas que começaram no período: as mensagens de um contato até um silêncio longo.",
  unanswered:
    "Conversas iniciadas por clientes às quais ninguém respondeu ainda; robôs não contam como resposta.",
  unanswered_pct: "Parte das conversas iniciadas por clientes às quais ninguém respondeu ainda.",
  first_response_mean_ms:
    "Da primeira mensagem do cliente à primeira de uma pessoa, se houver; robôs não contam.",
  first_response_p50_ms: "Mediana do tempo até a primeira resposta de uma pessoa.",
  first_response_p90_ms: "Nove em cada dez primeiras respostas vieram ao menos tão rápido.",
  first_response_p95_ms: "95 em cada 100 primeiras respostas vieram ao menos tão rápido.",
  turn_wait_mean_ms:
    "Média da espera, a cada vez que o cliente escreve, até a resposta de uma pessoa; as abertas ficam de fora.",
  turn_wait_p50_ms: "Mediana da espera, a cada vez que o cliente escreve, até a resposta de uma pessoa.",
  turn_wait_p90_ms: "Nove em cada dez vezes o cliente foi respondido ao menos tão rápido.",
  turn_wait_p95_ms: "95 em cada 100 vezes o cliente foi respondido ao menos tão rápido.",
  inferences: "Respostas válidas que modelos deram em produção no período.",
  inferences_failed: "Respostas de modelos em produção que vieram inválidas, cortadas ou recusadas.",
  invalid_pct: "Parte das respostas de modelos em produção que veio inválida, cortada ou recusada.",
  latency_mean_ms: "Tempo médio de um modelo até uma resposta válida em produção.",
  latency_p50_ms: "Mediana do tempo de um modelo até uma resposta válida em produção.",
  latency_p95_ms: "95 em cada 100 respostas válidas em produção vieram ao menos tão rápido.",
  cost_micros: "Custo das respostas dos modelos em produção.",
};
