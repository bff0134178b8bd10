import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState } from "react";

import { MessageItem, MessageSkeleton } from "@/components/messages/message-item";
import type { Schemas } from "@/lib/api/client";
import { text } from "@/lib/text";

interface MessageListProps {
  messages: Schemas["Message"][];
  zone: string;
  hasMore: boolean;
  isLoadingMore: boolean;
  onMore: () => void;
}

const ROW_GUESS = 92;
const ROWS_AHEAD = 12;

/** Only the rows near the window are in the page, however many have been loaded. */
export function MessageList({ messages, zone, hasMore, isLoadingMore, onMore }: MessageListProps) {
  const list = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => setTop(list.current?.offsetTop ?? 0), []);
  const rows = useWindowVirtualizer({
    count: messages.length,
    estimateSize: () => ROW_GUESS,
    overscan: 8,
    scrollMargin: top,
    getItemKey: (place) => messages[place]?.id ?? place,
  });
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !isLoadingMore && last >= messages.length - ROWS_AHEAD) onMore();
  }, [hasMore, isLoadingMore, last, messages.length, onMore]);

  return (
    <div ref={list}>
      <div role="feed" aria-label={text.messages.list} aria-busy={isLoadingMore}>
        <div className="relative w-full" role="presentation" style={{ height: rows.getTotalSize() }}>
          {shown.map((row) => {
            const message = messages[row.index];
            return (
              message && (
                <div
                  key={row.key}
                  ref={rows.measureElement}
                  data-index={row.index}
                  role="presentation"
                  className="absolute inset-x-0 top-0 border-b"
                  style={{ transform: `translateY(${row.start - top}px)` }}
                >
                  <MessageItem message={message} zone={zone} />
                </div>
              )
            );
          })}
        </div>
      </div>
      {isLoadingMore && <MessageSkeleton />}
      {!hasMore && <p className="py-4 text-center text-sm text-muted-foreground">{text.messages.end}</p>}
    </div>
  );
}
