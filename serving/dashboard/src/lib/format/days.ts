/**
 * Local days as `YYYY-MM-DD`, in the company's timezone: the browser may be somewhere else.
 */
import { text } from "@/lib/text";

export type DayText = string;

// Making one takes a hundred times as long as using it, and every row of a list uses some.
const formats = new Map<string, Intl.DateTimeFormat>();

function format(
  zone: string,
  key: string,
  options: Intl.DateTimeFormatOptions,
  locale: string = text.locale,
): Intl.DateTimeFormat {
  const name = `${zone} ${key}`;
  const known = formats.get(name);
  if (known) return known;
  const made = new Intl.DateTimeFormat(locale, { timeZone: zone, ...options });
  formats.set(name, made);
  return made;
}

// Swedish writes dates as ISO does.
const ISO = "sv-SE";
const ISO_MOMENT = { dateStyle: "short", timeStyle: "medium" } as const;
export const dayOf = (moment: Date, zone: string): DayText =>
  format(zone, "iso", { dateStyle: "short" }, ISO).format(moment);
export const today = (zone: string): DayText => dayOf(new Date(), zone);

/** The time of a moment in hours and parts of them: 14.5 is half past two. */
export function hoursOf(moment: Date, zone: string): number {
  const [, time = ""] = format(zone, "iso moment", ISO_MOMENT, ISO).format(moment).split(" ");
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours + minutes / 60;
}

export function addDays(day: DayText, count: number): DayText {
  const noon = new Date(`${day}T12:00:00Z`);
  noon.setUTCDate(noon.getUTCDate() + count);
  return noon.toISOString().slice(0, 10);
}

export const daysBetween = (from: DayText, to: DayText): number =>
  Math.round((Date.parse(`${to}T12:00:00Z`) - Date.parse(`${from}T12:00:00Z`)) / 86_400_000);

export const isDay = (value: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(value) &&
  !Number.isNaN(Date.parse(`${value}T12:00:00Z`)) &&
  addDays(value, 0) === value;

/** Whether a period, of which either end may be open, does not end before it begins. */
export const areInOrder = ({ from, to }: { from: DayText | null; to: DayText | null }): boolean =>
  !from || !to || from <= to;

/** The moment at which a local day begins, with an offset, as the API takes it. */
export function startOfDay(day: DayText, zone: string): string {
  const guess = Date.parse(`${day}T00:00:00Z`);
  let moment = guess - offset(guess, zone);
  // Clocks may have moved between the guess and the answer.
  moment = guess - offset(moment, zone);
  // Where midnight does not exist (clocks moved then), the day begins an hour later.
  if (dayOf(new Date(moment), zone) !== day) moment += 3_600_000;
  return new Date(moment).toISOString();
}

function offset(moment: number, zone: string): number {
  const shown = format(zone, "iso moment", ISO_MOMENT, ISO);
  return (
    Date.parse(`${shown.format(new Date(moment)).replace(" ", "T")}Z`) - Math.floor(moment / 1000) * 1000
  );
}

const noonUtc = (day: DayText) => new Date(`${day}T12:00:00Z`);
export const shortDay = (day: DayText): string =>
  format("UTC", "short", { day: "2-digit", month: "2-digit" }).format(noonUtc(day));
export const longDay = (day: DayText): string =>
  format("UTC", "long", { weekday: "short", day: "numeric", month: "short" }).format(noonUtc(day));
export const fullDay = (day: DayText): string =>
  format("UTC", "full", { weekday: "long", day: "numeric", month: "long", year: "numeric" }).format(
    noonUtc(day),
  );

/** The month of a day, with its year. */
export const monthName = (day: DayText): string =>
  format("UTC", "month", { month: "short", year: "numeric" }).format(noonUtc(day));

export const clock = (iso: string, zone: string): string =>
  format(zone, "clock", { hour: "2-digit", minute: "2-digit" }).format(new Date(iso));

/** The time of day for today's, date and time for older ones. */
export function moment(iso: string, zone: string): string {
  const at = new Date(iso);
  if (dayOf(at, zone) === today(zone)) return clock(iso, zone);
  return format(zone, "moment", {
    day: "2-digit",
    month: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  }).format(at);
}

export const exactMoment = (iso: string, zone: string): string =>
  format(zone, "exact", { dateStyle: "full", timeStyle: "medium" }).format(new Date(iso));

/** The local date of a moment. */
export const dateOf = (iso: string, zone: string): string =>
  format(zone, "date", { day: "2-digit", month: "2-digit", year: "numeric" }).format(new Date(iso));
