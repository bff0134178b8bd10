import { useQuery } from "@tanstack/react-query";
import { Radio } from "lucide-react";
import { Link } from "react-router";

import { MessageItem, MessageSkeleton } from "@/components/messages/message-item";
import { ErrorNotice, Notice } from "@/components/states";
import { Button } from "@/components/ui/button";
import { Card, CardHeader, CardTitle } from "@/components/ui/card";
import type { Schemas } from "@/lib/api/client";
import { useLive } from "@/lib/live/live-store";
import { text } from "@/lib/text";

import { feedQuery } from "../api/queries";

export function FeedCard({ zone }: { zone: string }) {
  const feed = useQuery(feedQuery);
  const analysed = useLive((live) => live.analysed);
  return (
    <Card aria-label={text.feed.title} className="flex flex-col overflow-hidden">
      <CardHeader>
        <CardTitle>{text.feed.title}</CardTitle>
        {analysed > 0 && (
          <span className="text-xs text-muted-foreground tabular-nums">{text.feed.heard(analysed)}</span>
        )}
        <Button asChild variant="link" size="inline" className="ml-auto">
          <Link to="/mensagens">{text.feed.all}</Link>
        </Button>
      </CardHeader>
      {feed.data ? (
        <FeedList messages={feed.data} zone={zone} />
      ) : feed.isError ? (
        <ErrorNotice error={feed.error} onRetry={() => void feed.refetch()} />
      ) : (
        Array.from({ length: 5 }, (_, place) => <MessageSkeleton key={place} />)
      )}
    </Card>
  );
}

function FeedList({ messages, zone }: { messages: Schemas["Message"][]; zone: string }) {
  if (messages.length === 0)
    return <Notice icon={Radio} title={text.feed.empty} hint={text.feed.emptyHint} />;
  return (
    <ol data-feed="" className="divide-y">
      {messages.map((message) => (
        <li key={message.id}>
          <MessageItem message={message} zone={zone} />
        </li>
      ))}
    </ol>
  );
}
