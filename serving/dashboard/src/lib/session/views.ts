/** Filters that a person keeps under a name, in this browser. They hold no data, only the address. */
export interface View {
  name: string;
  /** The address' query, as `URLSearchParams.toString()` writes it. */
  address: string;
}

const key = (page: string): string => `evosense.views.${page}`;

export function viewsOf(page: string): readonly View[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key(page)) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isView) : [];
  } catch {
    return [];
  }
}

export function keepViews(page: string, views: readonly View[]): void {
  try {
    localStorage.setItem(key(page), JSON.stringify(views));
  } catch {
    // Storage is switched off: they last as long as the page.
  }
}

const isView = (value: unknown): value is View =>
  typeof value === "object" &&
  value !== null &&
  "name" in value &&
  "address" in value &&
  typeof value.name === "string" &&
  typeof value.address === "string";
