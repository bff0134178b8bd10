import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { LoaderCircle, SearchX } from "lucide-react";
import type { ReactNode } from "react";

import { MessageItem, MessageSkeleton } from "@/components/messages/message-item";
import { ErrorNotice, Notice } from "@/components/states";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import type { Schemas } from "@/lib/api/client";
import { integer, percent } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { likeQuery, searchQuery } from "../api/queries";
import type { SearchFilters, SearchMode } from "../filters";

interface ResultsProps {
  filters: SearchFilters;
  zone: string;
}

const { search } = text;
type Hit = Schemas["SearchHit"];

interface FoundProps extends ResultsProps {
  words: string;
  mode: SearchMode;
  onTrySimilar: () => void;
}

export function FoundResults({ words, mode, filters, zone, onTrySimilar }: FoundProps) {
  const found = useInfiniteQuery(searchQuery(words, mode, filters, zone));
  const hits = found.data?.pages.flatMap((page) => page.items) ?? [];
  if (found.isPending) return <Searching />;
  if (found.isError && hits.length === 0)
    return <Failed error={found.error} onRetry={() => void found.refetch()} />;
  if (hits.length === 0) return <Nothing {...(mode === "palavras" && { onTrySimilar })} />;
  const first = found.data?.pages[0];
  const notes = [
    first?.matched === "corrected" ? search.corrected : first?.matched === "any" ? search.anyWord : null,
    mode === "palavras" || !first?.embedder ? null : search.model(modelName(first.embedder)),
  ].filter((note) => note !== null);
  return (
    <ResultList count={hits.length} note={notes.join(" · ")}>
      {hits.map((hit) => (
        <HitLine key={hit.id} hit={hit} zone={zone} showsRelevance={mode !== "palavras"} />
      ))}
      {found.hasNextPage && (
        <li className="flex justify-center p-4">
          <Button
            variant="outline"
            disabled={found.isFetchingNextPage}
            onClick={() => void found.fetchNextPage()}
          >
            {found.isFetchingNextPage && <LoaderCircle className="animate-spin" aria-hidden="true" />}
            {found.isFetchNextPageError ? text.states.retry : search.more}
          </Button>
        </li>
      )}
    </ResultList>
  );
}

export function LikeResults({ messageId, filters, zone }: ResultsProps & { messageId: string }) {
  const found = useQuery(likeQuery(messageId, filters, zone));
  if (found.isPending) return <Searching />;
  if (found.isError) return <Failed error={found.error} onRetry={() => void found.refetch()} />;
  const { results, embedder } = found.data;
  if (results.length === 0) return <Nothing />;
  return (
    <ResultList count={results.length} note={embedder ? search.model(modelName(embedder)) : search.likeWords}>
      {results.map((hit) => (
        <HitLine key={hit.id} hit={hit} zone={zone} showsRelevance />
      ))}
    </ResultList>
  );
}

const modelName = (embedder: Schemas["SearchModel"]): string =>
  embedder.provider === "embedded" ? search.embedded : embedder.model;

/** The server says which words it found; they are marked wherever they stand. */
function HitLine({ hit, zone, showsRelevance }: { hit: Hit; zone: string; showsRelevance: boolean }) {
  const words = hit.highlights
    .filter((piece) => piece.match)
    .map((piece) => piece.text)
    .join(" ");
  return (
    <li>
      <MessageItem
        message={hit}
        zone={zone}
        query={words || undefined}
        extra={showsRelevance && <Badge variant="accent">{search.relevance(percent(hit.score * 100))}</Badge>}
      />
    </li>
  );
}

function ResultList({ count, note, children }: { count: number; note: string; children: ReactNode }) {
  return (
    <section aria-label={search.results} className="grid gap-2">
      <p role="status" className="flex flex-wrap justify-between gap-2 text-[13px] text-muted-foreground">
        <span>{search.shown(integer(count))}</span>
        {note && <span>{note}</span>}
      </p>
      <Card className="overflow-hidden">
        <ol className="divide-y">{children}</ol>
      </Card>
    </section>
  );
}

function Searching() {
  return (
    <Card role="status" aria-label={text.states.loading} className="divide-y overflow-hidden">
      {Array.from({ length: 6 }, (_, place) => (
        <MessageSkeleton key={place} />
      ))}
    </Card>
  );
}

const Failed = (props: { error: Error; onRetry: () => void }) => (
  <Card>
    <ErrorNotice {...props} />
  </Card>
);

function Nothing({ onTrySimilar }: { onTrySimilar?: () => void }) {
  return (
    <Card>
      <Notice icon={SearchX} title={search.empty} hint={search.emptyHint} role="status">
        {onTrySimilar && (
          <Button variant="outline" onClick={onTrySimilar}>
            {search.trySimilar}
          </Button>
        )}
      </Notice>
    </Card>
  );
}
