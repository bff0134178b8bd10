/** Words for closed lists of the API. */
export const roles = { admin: "Administrador", analyst: "Analista", operator: "Operador" } as Record<
  string,
  string
>;

export const kinds = {
  image: "Imagem",
  video: "Vídeo",
  audio: "Áudio",
  document: "Documento",
  sticker: "Figurinha",
  location: "Localização",
  contact: "Contato",
  poll: "Enquete",
  reaction: "Reação",
  system: "Aviso do WhatsApp",
} as Record<string, string>;

export const emotions = {
  alegria: "alegria",
  gratidao: "gratidão",
  confianca: "confiança",
  surpresa: "surpresa",
  neutro: "neutro",
  confusao: "confusão",
  ansiedade: "ansiedade",
  medo: "medo",
  tristeza: "tristeza",
  frustracao: "frustração",
  raiva: "raiva",
} as Record<string, string>;

export const tones = {
  cordial: "cordial",
  formal: "formal",
  informal: "informal",
  neutro: "neutro",
  urgente: "urgente",
  rispido: "ríspido",
  ironico: "irônico",
} as Record<string, string>;
