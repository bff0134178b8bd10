import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowUp, Inbox } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { useSearchParams } from "react-router";

import { FilterChip } from "@/components/filter-chip";
import { MessageSkeleton } from "@/components/messages/message-item";
import { Page } from "@/components/page";
import { SavedViews } from "@/components/saved-views";
import { ErrorNotice, Notice } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { themesQuery } from "@/lib/api/queries";
import { addDays, areInOrder, type DayText, today } from "@/lib/format/days";
import { useLive } from "@/lib/live/live-store";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

import { messagesQuery } from "./api/queries";
import { FilterBar } from "./components/filter-bar";
import { MessageList } from "./components/message-list";
import { addressOf, type MessageFilters, NO_FILTERS, readFilters, writeFilters } from "./lib/filters";

export function MessagesPage() {
  const { timezone: zone } = useMe().tenant;
  const [search, setSearch] = useSearchParams();
  const filters = readFilters(search);
  const day = today(zone);
  const change = (next: MessageFilters): void => setSearch(writeFilters(next), { replace: true });
  return (
    <Page title={text.messages.title} subtitle={text.messages.subtitle}>
      <Card className="grid gap-4 p-4" aria-label={text.messages.filters}>
        <SavedViews
          page="messages"
          ready={readyViews(day)}
          current={addressOf(filters)}
          onChoose={(address) => setSearch(address, { replace: true })}
        />
        <FilterBar filters={filters} lastDay={day} onChange={change} />
        {(filters.theme !== null || filters.counted) && (
          <div className="flex flex-wrap gap-2">
            {filters.theme && <ThemeChip filters={filters} day={day} onChange={change} />}
            {filters.counted && (
              <FilterChip
                label={text.messages.counted}
                onRemove={() => change({ ...filters, counted: null })}
              />
            )}
          </div>
        )}
      </Card>
      {areInOrder(filters) && (
        <Results key={search.toString()} filters={filters} zone={zone} onClear={() => change(NO_FILTERS)} />
      )}
    </Page>
  );
}

/** Filters that people want every day. */
function readyViews(day: DayText) {
  const { messages } = text;
  const week = { from: addDays(day, -6), to: day };
  const view = (name: string, part: Partial<MessageFilters>) => ({
    name,
    address: addressOf({ ...NO_FILTERS, ...part }),
  });
  return [
    view(messages.viewAll, {}),
    view(messages.viewNegative, { direction: "in", mood: "negative", from: day, to: day }),
    view(messages.viewWeek, { direction: "in", mood: "negative", ...week }),
    view(messages.viewPraise, { direction: "in", mood: "positive", ...week }),
  ];
}

const THEME_DAYS = 60;

interface ThemeChipProps {
  filters: MessageFilters;
  day: DayText;
  onChange: (filters: MessageFilters) => void;
}

/** The theme by its words, which are its name. */
function ThemeChip({ filters, day, onChange }: ThemeChipProps) {
  const { id } = useMe().tenant;
  const to = filters.to ?? day;
  const found = useQuery(themesQuery(id, { from: filters.from ?? addDays(to, 1 - THEME_DAYS), to }));
  const words = found.data?.themes.find((theme) => theme.theme_id === filters.theme)?.words ?? [];
  return (
    <FilterChip
      label={text.messages.theme(words.join(", "))}
      onRemove={() => onChange({ ...filters, theme: null })}
    />
  );
}

interface ResultsProps {
  filters: MessageFilters;
  zone: string;
  onClear: () => void;
}

function Results({ filters, zone, onClear }: ResultsProps) {
  const found = useInfiniteQuery(messagesQuery(filters, zone));
  const messages = useMemo(() => found.data?.pages.flatMap((page) => page.items) ?? [], [found.data]);
  const { fetchNextPage } = found;
  const more = useCallback(() => void fetchNextPage(), [fetchNextPage]);

  if (found.isPending) {
    return (
      <Card role="status" aria-label={text.states.loading} className="divide-y overflow-hidden">
        {Array.from({ length: 10 }, (_, place) => (
          <MessageSkeleton key={place} />
        ))}
      </Card>
    );
  }
  if (found.isError && messages.length === 0) {
    return (
      <Card>
        <ErrorNotice error={found.error} onRetry={() => void found.refetch()} />
      </Card>
    );
  }
  if (messages.length === 0) return <Nothing filters={filters} onClear={onClear} />;
  return (
    <div className="relative">
      <News filters={filters} zone={zone} />
      <Card className="overflow-hidden">
        <MessageList
          messages={messages}
          zone={zone}
          hasMore={found.hasNextPage && !found.isFetchNextPageError}
          isLoadingMore={found.isFetchingNextPage}
          onMore={more}
        />
        {found.isFetchNextPageError && <ErrorNotice error={found.error} onRetry={more} />}
      </Card>
    </div>
  );
}

function Nothing({ filters, onClear }: { filters: MessageFilters; onClear: () => void }) {
  const isFiltered = Object.values(filters).some((value) => value !== null);
  return (
    <Card>
      {isFiltered ? (
        <Notice title={text.messages.empty} hint={text.messages.emptyHint}>
          <Button variant="outline" onClick={onClear}>
            {text.messages.clear}
          </Button>
        </Notice>
      ) : (
        <Notice icon={Inbox} title={text.messages.none} hint={text.messages.noneHint} />
      )}
    </Card>
  );
}

/** "3 new messages": shown, not pushed in, so that what somebody reads stays where it is. */
function News({ filters, zone }: { filters: MessageFilters; zone: string }) {
  const client = useQueryClient();
  const received = useLive((live) => live.received);
  const [seen, setSeen] = useState(received);
  const isUntilNow = filters.to === null || filters.to >= today(zone);
  const fresh = received - seen;
  if (fresh <= 0 || !isUntilNow) return null;
  const load = (): void => {
    setSeen(received);
    window.scrollTo({ top: 0 });
    void client.resetQueries({ queryKey: messagesQuery(filters, zone).queryKey });
  };
  return (
    <div className="pointer-events-none sticky top-20 z-10 -mb-10 flex justify-center pt-2">
      <Button size="sm" className="pointer-events-auto rounded-full shadow-md" onClick={load}>
        <ArrowUp aria-hidden="true" />
        {text.messages.news(fresh)}
      </Button>
    </div>
  );
}
