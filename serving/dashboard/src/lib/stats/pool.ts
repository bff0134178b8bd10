/** A mean or share over several days from that of each day. */
export interface Estimate {
  value: number | null;
  n: number;
  low: number | null;
  high: number | null;
}

const Z = 1.959964;

/**
 * The days' values weighted by n, with a 95 % interval from their standard errors: exact for independent days. Null
 * where no day says how sure it is.
 */
export function pooled(days: readonly Estimate[]): Estimate {
  let n = 0;
  let sum = 0;
  let variance = 0;
  let isSure = true;
  for (const day of days) {
    if (day.value === null || day.n === 0) continue;
    n += day.n;
    sum += day.n * day.value;
    if (day.low === null || day.high === null) isSure = false;
    else variance += (day.n * (day.high - day.low)) ** 2 / (2 * Z) ** 2;
  }
  if (n === 0) return { value: null, n: 0, low: null, high: null };
  const value = sum / n;
  const half = (Z * Math.sqrt(variance)) / n;
  return isSure || variance > 0
    ? { value, n, low: value - half, high: value + half }
    : { value, n, low: null, high: null };
}
