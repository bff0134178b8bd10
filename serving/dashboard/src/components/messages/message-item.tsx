import { Building2, User } from "lucide-react";
import { memo, type ReactNode } from "react";
import { Link } from "react-router";

import type { Schemas } from "@/lib/api/client";
import { cn } from "@/lib/cn";
import { exactMoment, moment } from "@/lib/format/days";
import { useLive } from "@/lib/live/live-store";
import { text } from "@/lib/text";

import { KindLabel } from "./kind-icon";
import { MessageFacts } from "./message-facts";
import { MessageText } from "./message-text";

interface MessageItemProps {
  message: Schemas["Message"];
  zone: string;
  query?: string | undefined;
  extra?: ReactNode;
  className?: string;
}

/** A message in a list; the whole of it leads to its conversation. Drawn again only when it changed, not when its list scrolls. */
export const MessageItem = memo(function MessageItem({
  message,
  zone,
  query,
  extra,
  className,
}: MessageItemProps) {
  const isFresh = useLive((live) => live.fresh.has(message.id));
  const Who = message.direction === "in" ? User : Building2;
  return (
    <article
      data-message={message.id}
      className={cn(
        "relative flex gap-3 px-5 py-3 focus-within:bg-accent/50 hover:bg-accent/50",
        isFresh && "animate-moved",
        className,
      )}
    >
      <span
        className={cn(
          "mt-0.5 grid size-8 shrink-0 place-items-center rounded-full",
          message.direction === "in"
            ? "bg-accent text-accent-foreground"
            : "bg-secondary text-muted-foreground",
        )}
      >
        <Who className="size-4" aria-hidden="true" />
        <span className="sr-only">{message.direction === "in" ? text.messages.in : text.messages.out}</span>
      </span>
      <div className="min-w-0 flex-1">
        <p className="line-clamp-3 text-sm leading-relaxed wrap-anywhere">
          <Words message={message} query={query} />
        </p>
        <div className="mt-1.5 flex flex-wrap items-center gap-x-2 gap-y-1">
          <MessageFacts message={message} />
          {message.edited && <span className="text-xs text-muted-foreground">{text.messages.edited}</span>}
          {extra}
          <time
            dateTime={message.sent_at}
            title={exactMoment(message.sent_at, zone)}
            className="ml-auto text-xs text-muted-foreground tabular-nums"
          >
            {moment(message.sent_at, zone)}
          </time>
        </div>
      </div>
      {message.chat_id && (
        <Link
          to={`/conversas/${message.chat_id}?mensagem=${message.id}`}
          className="absolute inset-0 focus-visible:rounded-lg focus-visible:outline-offset-[-2px]"
        >
          <span className="sr-only">{`${text.messages.open}: ${moment(message.sent_at, zone)}`}</span>
        </Link>
      )}
    </article>
  );
});

function Words({ message, query }: { message: Schemas["Message"]; query: string | undefined }) {
  if (message.deleted) return <span className="text-muted-foreground italic">{text.messages.deleted}</span>;
  if (!message.text) return <KindLabel kind={message.type} />;
  return <MessageText words={message.text} query={query} />;
}

export function MessageSkeleton() {
  return (
    <div className="flex gap-3 px-5 py-3" aria-hidden="true">
      <div className="size-8 animate-pulse rounded-full bg-muted" />
      <div className="flex-1 space-y-2 py-1">
        <div className="h-3.5 w-4/5 animate-pulse rounded bg-muted" />
        <div className="h-3 w-2/5 animate-pulse rounded bg-muted" />
      </div>
    </div>
  );
}
