/** Text for comparing: no accents, no capitals. As many UTF-16 units as `text`, so that places stay the same. */
export function fold(text: string): string {
  let folded = "";
  for (const unit of text.normalize("NFC")) {
    const plain = unit.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
    folded += plain.length === unit.length ? plain : unit;
  }
  return folded;
}

/** The parts of `text`, with those marked that match a word of `query` as the search does: accents don't matter. */
export function highlight(text: string, query: string): { text: string; isHit: boolean }[] {
  const shown = text.normalize("NFC");
  const stems = wanted(query);
  if (stems.length === 0) return [{ text: shown, isHit: false }];
  const folded = fold(shown);
  const parts: { text: string; isHit: boolean }[] = [];
  let end = 0;
  for (const match of folded.matchAll(/[\p{L}\p{N}]+/gu)) {
    if (!stems.some((stem) => match[0].startsWith(stem))) continue;
    if (match.index > end) parts.push({ text: shown.slice(end, match.index), isHit: false });
    end = match.index + match[0].length;
    parts.push({ text: shown.slice(match.index, end), isHit: true });
  }
  if (end < shown.length) parts.push({ text: shown.slice(end), isHit: false });
  return parts;
}

function wanted(query: string): string[] {
  const included = fold(query).replace(/(^|\s)-\S+/g, " ");
  const words = included.match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.filter((word) => word !== "or" && word.length > 1).map(stemOf);
}

// The server searches by stems ("entregas" finds "entrega"), so what it found is marked by stems too: a light cut of
// Portuguese endings that leaves at least four letters.
const ENDINGS =
  /(?:amentos?|acoes|acao|ando|endo|indo|aram|eram|iram|adas?|ados?|idas?|idos?|amos|emos|ou|ei|eu|iu|am|em|ar|er|ir|os|as|es|[oaes])$/;
const SHORTEST = 4;

export function stemOf(word: string): string {
  const stem = word.replace(ENDINGS, "");
  return stem.length >= SHORTEST ? stem : word;
}
