import { text } from "@/lib/text";

type Maybe = number | null | undefined;
const number = (options: Intl.NumberFormatOptions) => new Intl.NumberFormat(text.locale, options);
const whole = number({ maximumFractionDigits: 0 });
const oneDecimal = number({ minimumFractionDigits: 1, maximumFractionDigits: 1 });
const atMostOne = number({ maximumFractionDigits: 1 });
const signedOne = number({ minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: "exceptZero" });
const signedTwo = number({ minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: "exceptZero" });
const significant = number({ maximumSignificantDigits: 3 });
const signedSignificant = number({ maximumSignificantDigits: 3, signDisplay: "exceptZero" });
const compactFormat = number({ notation: "compact", maximumFractionDigits: 1 });

const unless =
  (format: (value: number) => string) =>
  (value: Maybe): string =>
    value === null || value === undefined || Number.isNaN(value) ? text.common.nothing : format(value);

export const integer = unless((value) => whole.format(value));
export const decimal = unless((value) => oneDecimal.format(value));
export const signed = unless((value) => signedOne.format(value));
export const sentiment = unless((value) => signedTwo.format(value));
/** What is left of 0 by the arithmetic of machines is 0. */
const unnoticed = (value: number): number => (Math.abs(value) < 1e-6 ? 0 : value);

/** Three digits, however small. */
export const digits = unless((value) => significant.format(unnoticed(value)));
export const signedDigits = unless((value) => signedSignificant.format(unnoticed(value)));
export const interval = (low: Maybe, high: Maybe): string =>
  low === null || low === undefined || high === null || high === undefined
    ? text.common.nothing
    : `${signedDigits(low)} ${text.to} ${signedDigits(high)}`;
/** Probabilities: never "0". */
export const probability = unless((value) =>
  value < 0.001 ? `< ${significant.format(0.001)}` : significant.format(value),
);
export const compact = unless((value) => compactFormat.format(value));
/** `value` 0..100. */
export const percent = unless((value) => `${oneDecimal.format(value)}%`);
/** `value` 0..1; whole when it is. */
export const share = unless((value) => `${atMostOne.format(Math.floor(value * 1000) / 10)}%`);

/** Seconds as people say them. */
export const duration = unless((seconds) => {
  const { common } = text;
  if (seconds < 60) return `${whole.format(seconds)} ${common.seconds}`;
  if (seconds < 3600) return `${atMostOne.format(seconds / 60)} ${common.minutes}`;
  if (seconds < 172_800) return `${atMostOne.format(seconds / 3600)} ${common.hours}`;
  return `${atMostOne.format(seconds / 86_400)} ${common.daysShort}`;
});

const written = number({ maximumFractionDigits: 10, useGrouping: false });
/** A number as somebody would type it. */
export const writeNumber = (value: number): string => written.format(value);

const COMMA = written.formatToParts(0.5).find((part) => part.type === "decimal")?.value ?? ".";
const POINT = COMMA === "," ? "." : ",";
const GROUPED = new RegExp(`^[-+]?\\d{1,3}(\\${POINT}\\d{3})+(\\${COMMA}\\d*)?$`);

/** The number that somebody typed, in this language or with the other's decimal sign; null for what is none. */
export function readNumber(typed: string): number | null {
  const words = typed.trim().replace("\u2212", "-");
  const plain = GROUPED.test(words) ? words.replaceAll(POINT, "") : words;
  const value = plain.replace(/[.,]/, ".");
  return /^[-+]?(\d+\.?\d*|\.\d+)$/.test(value) ? Number(value) : null;
}

/** Cents as money. */
export const money = (cents: number, currency: string): string =>
  number({ style: "currency", currency: currency.toUpperCase() }).format(cents / 100);

/** Millionths of a US dollar. */
export const microDollars = unless((micros) =>
  number({ style: "currency", currency: "USD", maximumFractionDigits: 4 }).format(micros / 1e6),
);
