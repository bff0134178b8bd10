/** The languages that the dashboard speaks, each by its own name. */
export const LANGUAGES = { "pt-BR": "Português (Brasil)", en: "English" } as const;
export type Language = keyof typeof LANGUAGES;

const KEY = "evosense.language";
const DEFAULT: Language = "pt-BR";
const isLanguage = (word: string | null): word is Language => word !== null && word in LANGUAGES;

function stored(): Language {
  try {
    const chosen = localStorage.getItem(KEY);
    return isLanguage(chosen) ? chosen : DEFAULT;
  } catch {
    return DEFAULT;
  }
}

/** What this browser's person had chosen when the page began; Portuguese until they choose. */
export const language: Language = stored();

/** Remember the choice and start the page again where it is: texts are read as code loads. */
export function chooseLanguage(chosen: Language): void {
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    return; // Storage is switched off: there is no way to remember.
  }
  location.reload();
}
