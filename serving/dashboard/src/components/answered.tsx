import type { ReactNode } from "react";

import { ErrorNotice, StaleNotice } from "@/components/states";
import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { text } from "@/lib/text";

interface Query<T> {
  data: T | undefined;
  error: Error | null;
  isError: boolean;
  refetch: () => unknown;
}

interface AnsweredProps<T> {
  query: Query<T>;
  /** As tall as what comes. */
  loading?: ReactNode;
  children: (data: T) => ReactNode;
}

/** What a query answered: a skeleton until then, the reason when it could not, old data with a line above. */
export function Answered<T>({ query, loading, children }: AnsweredProps<T>) {
  if (query.data !== undefined) {
    return (
      <>
        {query.isError && <StaleNotice />}
        {children(query.data)}
      </>
    );
  }
  if (query.error) {
    return (
      <Card>
        <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
      </Card>
    );
  }
  return loading ?? <CardSkeleton />;
}

export function CardSkeleton({ lines = 4 }: { lines?: number }) {
  return (
    <Card role="status" aria-label={text.states.loading} className="grid gap-4 p-5">
      <Skeleton className="h-5 w-48 max-w-full" />
      {Array.from({ length: lines }, (_, place) => (
        <Skeleton key={place} className="h-9 w-full" />
      ))}
    </Card>
  );
}
