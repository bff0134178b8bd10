/** The filters of the list of conversations live in the address, so that they can be shared and gone back to. */
import { type DayText, isDay } from "@/lib/format/days";

const STATES = ["open", "closed"] as const;
export const TRAJECTORIES = ["improving", "flat", "worsening"] as const;
export const MOODS = ["positive", "negative"] as const;
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
};

const day = (value: string | null): DayText | null => (value !== null && isDay(value) ? value : null);
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
    connection: search.get("conexao"),
  };
}

export function writeFilters(filters: ConversationFilters): Record<string, string> {
  const { from, to, state, unanswered, trajectory, mood, begunBy, connection } = filters;
  return {
    ...(from && { de: from }),
    ...(to && { ate: to }),
    ...(state && { situacao: state }),
    ...(unanswered !== null && { resposta: unanswered ? "sem" : "com" }),
    ...(trajectory && { trajetoria: trajectory }),
    ...(mood && { humor: mood }),
    ...(begunBy && { inicio: begunBy }),
    ...(connection && { conexao: connection }),
  };
}

const BOUNDS = { positive: { sentiment_min: 0.101 }, negative: { sentiment_max: -0.101 } } as const;

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
  };
}
