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

import { similarQuery, wordsQuery } from "../api/queries";
import type { SearchFilters } from "../filters";

interface ResultsProps {
  words: string;
  filters: SearchFilters;
  zone: string;
  onTrySimilar: () => void;
}

const { search } = text;

export function WordResults({ words, filters, zone, onTrySimilar }: ResultsProps) {
  const found = useInfiniteQuery(wordsQuery(words, filters));
  const messages = found.data?.pages.flatMap((page) => page.items) ?? [];
  if (found.isPending) return <Searching />;
  if (found.isError && messages.length === 0)
    return <Failed error={found.error} onRetry={() => void found.refetch()} />;
  if (messages.length === 0) return <Nothing onTrySimilar={onTrySimilar} />;
  return (
    <ResultList count={messages.length}>
      {messages.map((message) => (
        <li key={message.id}>
          <MessageItem message={message} zone={zone} query={words} />
        </li>
      ))}
      {found.hasNextPage && (
        <li className="flex justify-center p-4">
          <Button
            variant="outline"
            disabled={found.isFetchingNextPage}
            onClick={() => void found.fetchNextPage()}
          >
            {found.isFetchingNextPage && <LoaderCircle className="animate-spin" aria-hidden="true" />}
            {found.isFetchNextPageError ? text.states.retry : text.chat.older}
          </Button>
        </li>
      )}
    </ResultList>
  );
}

export function SimilarResults({ words, filters, zone }: Omit<ResultsProps, "onTrySimilar">) {
  const found = useQuery(similarQuery(words, filters));
  if (found.isPending) return <Searching />;
  if (found.isError) return <Failed error={found.error} onRetry={() => void found.refetch()} />;
  const { results, embedder } = found.data;
  if (results.length === 0) return <Nothing />;
  const model = embedder.provider === "embedded" ? search.embedded : embedder.model;
  return (
    <ResultList count={results.length} note={search.model(model)}>
      {results.map((hit) => (
        <li key={hit.id}>
          <MessageItem message={hit} zone={zone} query={words} extra={<Relevance hit={hit} />} />
        </li>
      ))}
    </ResultList>
  );
}

function Relevance({ hit }: { hit: Schemas["SearchHit"] }) {
  return <Badge variant="accent">{search.relevance(percent(hit.score * 100))}</Badge>;
}

function ResultList({ count, note, children }: { count: number; note?: string; children: ReactNode }) {
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
