import { useInfiniteQuery } from "@tanstack/react-query";
import { LoaderCircle, MessagesSquare } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";
import { useParams, useSearchParams } from "react-router";

import { BackButton } from "@/components/back-button";
import { Page } from "@/components/page";
import { ErrorNotice, Notice } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

import { chatQuery } from "./api/queries";
import { ChatLog } from "./components/chat-log";
import { Trajectory } from "./components/trajectory";
import { scoredOf } from "./lib/trajectory";

// A message that lies further back than this many pages is not looked for.
const PAGES_TO_SEARCH = 10;

export function ChatPage() {
  const { chatId = "" } = useParams();
  const [search] = useSearchParams();
  const { timezone: zone } = useMe().tenant;
  const chat = useInfiniteQuery(chatQuery(chatId));
  const messages = useMemo(
    () => chat.data?.pages.flatMap((page) => page.items).toReversed() ?? [],
    [chat.data],
  );
  const scored = useMemo(() => scoredOf(messages), [messages]);
  const wanted = search.get("mensagem");
  useLoadUntilFound(chat, messages, wanted);

  const goTo = (id: string): void =>
    document.getElementById(`m-${id}`)?.scrollIntoView({ block: "center", behavior: "smooth" });

  const back = <BackButton otherwise="/conversas" />;
  return (
    <Page title={text.chat.title} actions={back}>
      {chat.isPending ? (
        <ChatSkeleton />
      ) : chat.isError && messages.length === 0 ? (
        <Card>
          <ErrorNotice error={chat.error} onRetry={() => void chat.refetch()} />
        </Card>
      ) : messages.length === 0 ? (
        <Card>
          <Notice icon={MessagesSquare} title={text.chat.empty} hint={text.chat.emptyHint} />
        </Card>
      ) : (
        <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_22rem]">
          <Card className="order-2 overflow-hidden lg:order-1">
            <ChatLog
              messages={messages}
              zone={zone}
              wanted={wanted}
              older={
                chat.hasNextPage ? (
                  <Button
                    variant="outline"
                    size="sm"
                    disabled={chat.isFetchingNextPage}
                    onClick={() => void chat.fetchNextPage()}
                  >
                    {chat.isFetchingNextPage && <LoaderCircle className="animate-spin" aria-hidden="true" />}
                    {chat.isFetchingNextPage ? text.chat.loadingOlder : text.chat.older}
                  </Button>
                ) : (
                  <span className="text-xs text-muted-foreground">{text.chat.beginning}</span>
                )
              }
            />
          </Card>
          {scored.length > 0 && (
            <div className="order-1 lg:sticky lg:top-20 lg:order-2">
              <Trajectory scored={scored} zone={zone} onGoTo={goTo} />
            </div>
          )}
        </div>
      )}
    </Page>
  );
}

interface Loadable {
  hasNextPage: boolean;
  isFetching: boolean;
  fetchNextPage: () => Promise<unknown>;
  data: { pages: unknown[] } | undefined;
}

/** The message that somebody clicked on may be older than the first page. */
function useLoadUntilFound(chat: Loadable, messages: { id: string }[], wanted: string | null): void {
  const isFound = useRef(false);
  const isThere = wanted !== null && messages.some((message) => message.id === wanted);
  const { hasNextPage, isFetching, fetchNextPage } = chat;
  const pages = chat.data?.pages.length ?? 0;
  useEffect(() => {
    if (!wanted || isFound.current) return;
    if (isThere) {
      isFound.current = true;
    } else if (pages > 0 && pages < PAGES_TO_SEARCH && hasNextPage && !isFetching) {
      void fetchNextPage();
    }
  }, [wanted, isThere, pages, hasNextPage, isFetching, fetchNextPage]);
}

function ChatSkeleton() {
  return (
    <Card role="status" aria-label={text.states.loading} className="grid gap-4 p-5">
      {["w-2/3", "ml-auto w-1/2", "w-3/5", "ml-auto w-2/5", "w-1/2"].map((width) => (
        <Skeleton key={width} className={`h-16 rounded-2xl ${width}`} />
      ))}
    </Card>
  );
}
