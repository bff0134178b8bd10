/** The fields of a form as trimmed words; "" for one that is not there. */
export function wordsIn(form: HTMLFormElement): (name: string) => string {
  const values = new FormData(form);
  return (name) => {
    const value = values.get(name);
    return typeof value === "string" ? value.trim() : "";
  };
}
