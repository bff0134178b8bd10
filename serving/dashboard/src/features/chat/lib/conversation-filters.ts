/** The filters of the list of conversations live in the address, so that they can be shared and gone back to. */
import { type DayText, isDay } from "@/lib/format/days";

const STATES = ["open", "closed"] as const;
export const TRAJECTORIES = ["improving", "flat", "worsening"] as const;
export const MOODS = ["positive", "neutral", "negative"] as const;
export const SPEAKERS = ["customer", "agent", "automated"] as const;

export interface ConversationFilters {
  from: DayText | null;
  to: DayText | null;
  state: (typeof STATES)[number] | null;
  unanswered: boolean | null;
  trajectory: (typeof TRAJECTORIES)[number] | null;
  mood: (typeof MOODS)[number] | null;
  begunBy: (typeof SPEAKERS)[number] | null;
  connection: string | null;
  /** One customer, by an opaque id. */
  contact: string | null;
  /** Who answered first. */
  responder: string | null;
}

export const NO_FILTERS: ConversationFilters = {
  from: null,
  to: null,
  state: null,
  unanswered: null,
  trajectory: null,
  mood: null,
  begunBy: null,
  connection: null,
  contact: null,
  responder: null,
};

const day = (value: string | null): DayText | null => (value !== null && isDay(value) ? value : null);
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const id = (value: string | null): string | null => (value !== null && UUID.test(value) ? value : null);
const oneOf = <T extends string>(known: readonly T[], value: string | null): T | null =>
  known.find((each) => each === value) ?? null;

export function readFilters(search: URLSearchParams): ConversationFilters {
  const unanswered = search.get("resposta");
  return {
    from: day(search.get("de")),
    to: day(search.get("ate")),
    state: oneOf(STATES, search.get("situacao")),
    unanswered: unanswered === "sem" ? true : unanswered === "com" ? false : null,
    trajectory: oneOf(TRAJECTORIES, search.get("trajetoria")),
    mood: oneOf(MOODS, search.get("humor")),
    begunBy: oneOf(SPEAKERS, search.get("inicio")),
    connection: id(search.get("conexao")),
    contact: id(search.get("contato")),
    responder: id(search.get("pessoa")),
  };
}

export function writeFilters(filters: ConversationFilters): Record<string, string> {
  const { from, to, state, unanswered, trajectory, mood, begunBy, connection, contact, responder } = filters;
  return {
    ...(from && { de: from }),
    ...(to && { ate: to }),
    ...(state && { situacao: state }),
    ...(unanswered !== null && { resposta: unanswered ? "sem" : "com" }),
    ...(trajectory && { trajetoria: trajectory }),
    ...(mood && { humor: mood }),
    ...(begunBy && { inicio: begunBy }),
    ...(connection && { conexao: connection }),
    ...(contact && { contato: contact }),
    ...(responder && { pessoa: responder }),
  };
}

// Means have many decimals; the bounds of words are those of the API's percentages.
const BOUNDS = {
  positive: { sentiment_min: 0.1000001 },
  neutral: { sentiment_min: -0.1, sentiment_max: 0.1 },
  negative: { sentiment_max: -0.1000001 },
} as const;

export function toQuery(filters: ConversationFilters) {
  return {
    ...(filters.from && { from: filters.from }),
    ...(filters.to && { to: filters.to }),
    ...(filters.state && { state: filters.state }),
    ...(filters.unanswered !== null && { unanswered: filters.unanswered }),
    ...(filters.trajectory && { trajectory: filters.trajectory }),
    ...(filters.mood && BOUNDS[filters.mood]),
    ...(filters.begunBy && { begun_by: filters.begunBy }),
    ...(filters.connection && { connection_id: filters.connection }),
    ...(filters.contact && { contact_id: filters.contact }),
    ...(filters.responder && { responder_user_id: filters.responder }),
  };
}
