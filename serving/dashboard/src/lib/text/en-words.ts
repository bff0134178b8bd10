import type { Translation } from "./pt";

export const roles: Translation["roles"] = {
  admin: "Administrator",
  analyst: "Analyst",
  operator: "Operator",
};

export const kinds: Translation["kinds"] = {
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

export const emotions: Translation["emotions"] = {
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

export const tones: Translation["tones"] = {
  cordial: "cordial",
  formal: "formal",
  informal: "informal",
  neutro: "neutral",
  urgente: "urgent",
  rispido: "brusque",
  ironico: "ironic",
};
