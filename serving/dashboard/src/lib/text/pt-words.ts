import { open } from "./open";

/** Words for closed lists of the API. */
export const roles = open({ admin: "Administrador", analyst: "Analista", operator: "Operador" });

export const kinds = open({
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
});

export const emotions = open({
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
});

export const tones = open({
  cordial: "cordial",
  formal: "formal",
  informal: "informal",
  neutro: "neutro",
  urgente: "urgente",
  rispido: "ríspido",
  ironico: "irônico",
});
