import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { MessagesSquare } from "lucide-react";
import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";

import { CardSkeleton } from "@/components/answered";
import { Page } from "@/components/page";
import { SavedViews } from "@/components/saved-views";
import { ErrorNotice, Notice } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { connectionNamesQuery } from "@/lib/api/queries";
import { addDays, areInOrder, today } from "@/lib/format/days";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

import { conversationsQuery } from "./api/conversation-queries";
import { ConversationFilterBar } from "./components/conversation-filter-bar";
import { ConversationTable } from "./components/conversation-table";
import { type ConversationFilters, NO_FILTERS, readFilters, writeFilters } from "./lib/conversation-filters";

const { conversations } = text;

export function ConversationsPage() {
  const { timezone: zone } = useMe().tenant;
  const [search, setSearch] = useSearchParams();
  const filters = readFilters(search);
  const change = (next: ConversationFilters): void => setSearch(writeFilters(next), { replace: true });
  return (
    <Page title={conversations.title} subtitle={conversations.subtitle}>
      <Card className="grid gap-4 p-4" aria-label={conversations.filters}>
        <SavedViews
          page="conversations"
          ready={readyViews(today(zone))}
          current={addressOf(filters)}
          onChoose={(address) => setSearch(address, { replace: true })}
        />
        <ConversationFilterBar filters={filters} lastDay={today(zone)} onChange={change} />
      </Card>
      {areInOrder(filters) ? (
        <Results filters={filters} zone={zone} onClear={() => change(NO_FILTERS)} />
      ) : (
        <p role="alert" className="text-sm text-destructive">
          {text.messages.invalidPeriod}
        </p>
      )}
    </Page>
  );
}

const addressOf = (filters: ConversationFilters): string =>
  new URLSearchParams(writeFilters(filters)).toString();

function readyViews(day: string) {
  const week = { from: addDays(day, -6), to: day };
  const view = (name: string, part: Partial<ConversationFilters>) => ({
    name,
    address: addressOf({ ...NO_FILTERS, ...part }),
  });
  return [
    view(conversations.viewAll, {}),
    view(conversations.viewUnanswered, { from: day, to: day, unanswered: true }),
    view(conversations.viewNegative, { ...week, mood: "negative" }),
    view(conversations.viewWorsening, { ...week, trajectory: "worsening" }),
  ];
}

interface ResultsProps {
  filters: ConversationFilters;
  zone: string;
  onClear: () => void;
}

function Results({ filters, zone, onClear }: ResultsProps) {
  const found = useInfiniteQuery(conversationsQuery(filters));
  const connections = useQuery(connectionNamesQuery).data;
  const items = useMemo(() => found.data?.pages.flatMap((page) => page.items) ?? [], [found.data]);
  const { fetchNextPage } = found;
  const more = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  if (found.isPending) return <CardSkeleton lines={8} />;
  if (found.isError && items.length === 0) {
    return (
      <Card>
        <ErrorNotice error={found.error} onRetry={() => void found.refetch()} />
      </Card>
    );
  }
  if (items.length === 0) {
    return (
      <Card>
        <Notice icon={MessagesSquare} title={conversations.empty} hint={conversations.emptyHint}>
          <Button variant="outline" onClick={onClear}>
            {conversations.clear}
          </Button>
        </Notice>
      </Card>
    );
  }
  return (
    <Card className="overflow-hidden">
      <ConversationTable
        items={items}
        zone={zone}
        connections={connections ?? []}
        hasMore={found.hasNextPage && !found.isFetchNextPageError}
        isLoadingMore={found.isFetchingNextPage}
        onMore={more}
      />
      {found.isFetchNextPageError ? (
        <ErrorNotice error={found.error} onRetry={more} />
      ) : (
        <p role="status" className="p-4 text-center text-sm text-muted-foreground">
          {found.hasNextPage ? conversations.loadingMore : conversations.end}
        </p>
      )}
    </Card>
  );
}
