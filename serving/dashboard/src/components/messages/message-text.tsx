import { ShieldCheck } from "lucide-react";

import { highlight } from "@/lib/format/fold";
import { text } from "@/lib/text";

// What the server put in place of personal data: `<CPF:a3f9>`.
const TOKEN = /<([A-Z_]+):([0-9a-z]+)>/g;

/** A customer's words: always set as text, with protected data as badges and found words marked. */
export function MessageText({ words, query }: { words: string; query?: string | undefined }) {
  const parts: React.ReactNode[] = [];
  let end = 0;
  for (const match of words.matchAll(TOKEN)) {
    if (match.index > end)
      parts.push(<Marked key={end} words={words.slice(end, match.index)} query={query} />);
    parts.push(<Token key={match.index} kind={match[1] ?? ""} />);
    end = match.index + match[0].length;
  }
  if (end < words.length) parts.push(<Marked key={end} words={words.slice(end)} query={query} />);
  return <>{parts}</>;
}

function Token({ kind }: { kind: string }) {
  const label = text.messages.token(kind);
  return (
    <span
      title={label}
      className="mx-0.5 inline-flex items-center gap-0.5 rounded bg-secondary px-1 align-baseline text-[0.85em] font-medium text-secondary-foreground"
    >
      <ShieldCheck className="size-3" aria-hidden="true" />
      <span className="sr-only">{label}</span>
      <span aria-hidden="true">{kind}</span>
    </span>
  );
}

function Marked({ words, query }: { words: string; query: string | undefined }) {
  if (!query) return words;
  return highlight(words, query).map((part, place) =>
    part.isHit ? (
      <mark key={place} className="rounded-sm bg-warn-soft px-0.5 font-medium text-foreground">
        {part.text}
      </mark>
    ) : (
      part.text
    ),
  );
}
