// Numbers, times and words as Brazilians read them.

const number = (options) => new Intl.NumberFormat("pt-BR", options);
const whole = number({ maximumFractionDigits: 0 });
const oneDecimal = number({ minimumFractionDigits: 1, maximumFractionDigits: 1 });
const signed = number({ minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: "exceptZero" });

export const NOTHING = "–";
const unless = (format) => (value) => (value === null || value === undefined ? NOTHING : format(value));

export const integer = unless((value) => whole.format(value));
export const decimal = unless((value) => oneDecimal.format(value));
export const sentiment = unless((value) => signed.format(value));
export const percent = unless((value) => `${whole.format(value)}%`);

export const duration = unless((seconds) => {
  if (seconds < 60) return `${whole.format(seconds)} s`;
  if (seconds < 3600) return `${whole.format(seconds / 60)} min`;
  if (seconds < 172_800) return `${oneDecimal.format(seconds / 3600)} h`;
  return `${oneDecimal.format(seconds / 86_400)} d`;
});

export const shortDay = (day) => `${day.slice(8, 10)}/${day.slice(5, 7)}`;

// The company's own day, as YYYY-MM-DD.
export const today = (zone) => new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short" }).format(new Date());

export function daysBefore(day, count) {
  const moment = new Date(`${day}T12:00:00Z`);
  moment.setUTCDate(moment.getUTCDate() - count);
  return moment.toISOString().slice(0, 10);
}

export function moment(iso, zone) {
  const at = new Date(iso);
  const sameDay = today(zone) === new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short" }).format(at);
  const parts = sameDay ? { timeStyle: "medium" } : { day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit" };
  return new Intl.DateTimeFormat("pt-BR", { timeZone: zone, ...parts }).format(at);
}

const EMOTIONS = {
  gratidao: "gratidão", confianca: "confiança", confusao: "confusão", frustracao: "frustração",
};
const TONES = { rispido: "ríspido", ironico: "irônico" };
export const emotion = (name) => EMOTIONS[name] ?? name;
export const tone = (name) => TONES[name] ?? name;

const KINDS = {
  image: "imagem", video: "vídeo", audio: "áudio", document: "documento", sticker: "figurinha", location: "localização",
  contact: "contato", poll: "enquete", reaction: "reação", system: "aviso do WhatsApp",
};
export const kind = (name) => KINDS[name] ?? "mensagem sem texto";

// Said plainly: rules and word lists are no language model.
export function model({ provider, model: name }) {
  return provider === "embedded" ? "léxico embutido, sem LLM" : `${name} (${provider})`;
}
