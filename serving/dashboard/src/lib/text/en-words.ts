import type { Texts } from "./pt";

export const roles: Texts["roles"] = { admin: "Administrator", analyst: "Analyst", operator: "Operator" };

export const kinds: Texts["kinds"] = {
  image: "Image",
  video: "Video",
  audio: "Audio",
  document: "Document",
  sticker: "Sticker",
  location: "Location",
  contact: "Contact",
  poll: "Poll",
  reaction: "Reaction",
  system: "WhatsApp notice",
};

export const emotions: Texts["emotions"] = {
  alegria: "joy",
  gratidao: "gratitude",
  confianca: "trust",
  surpresa: "surprise",
  neutro: "neutral",
  confusao: "confusion",
  ansiedade: "anxiety",
  medo: "fear",
  tristeza: "sadness",
  frustracao: "frustration",
  raiva: "anger",
};

export const tones: Texts["tones"] = {
  cordial: "cordial",
  formal: "formal",
  informal: "informal",
  neutro: "neutral",
  urgente: "urgent",
  rispido: "brusque",
  ironico: "ironic",
};
