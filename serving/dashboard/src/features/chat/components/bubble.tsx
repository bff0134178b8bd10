import { Search } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";

import { KindLabel } from "@/components/messages/kind-icon";
import { MessageFacts } from "@/components/messages/message-facts";
import { MessageText } from "@/components/messages/message-text";
import { cn } from "@/lib/cn";
import { clock, exactMoment } from "@/lib/format/days";
import { text } from "@/lib/text";

import type { Message } from "../lib/trajectory";

interface BubbleProps {
  message: Message;
  zone: string;
  isWanted: boolean;
  children?: ReactNode;
}

/** One message of a chat: the customer's on the left, the company's on the right. */
export function Bubble({ message, zone, isWanted, children }: BubbleProps) {
  const isCustomer = message.direction === "in";
  return (
    <li
      id={`m-${message.id}`}
      className={cn("group/bubble flex scroll-my-16", isCustomer ? "justify-start" : "justify-end")}
    >
      <div
        className={cn(
          "max-w-[min(34rem,88%)] rounded-2xl border px-4 py-2.5 text-sm",
          isCustomer ? "rounded-bl-md bg-bubble-in" : "rounded-br-md bg-bubble-out",
          isWanted && "ring-2 ring-ring",
        )}
      >
        <span className="sr-only">{isCustomer ? text.chat.customer : text.chat.company}: </span>
        <p className="leading-relaxed wrap-anywhere whitespace-pre-wrap">
          {message.deleted ? (
            <span className="text-muted-foreground italic">{text.messages.deleted}</span>
          ) : message.text ? (
            <MessageText words={message.text} />
          ) : (
            <KindLabel kind={message.type} />
          )}
        </p>
        {children}
        <div className="mt-1.5 flex flex-wrap items-center gap-x-2 gap-y-1">
          {isCustomer && <MessageFacts message={message} />}
          {message.edited && <span className="text-xs text-muted-foreground">{text.messages.edited}</span>}
          {isCustomer && message.text && <SimilarLink id={message.id} />}
          <time
            dateTime={message.sent_at}
            title={exactMoment(message.sent_at, zone)}
            className="ml-auto text-xs text-muted-foreground tabular-nums"
          >
            {clock(message.sent_at, zone)}
          </time>
        </div>
      </div>
    </li>
  );
}

function SimilarLink({ id }: { id: string }) {
  return (
    <Link
      to={`/busca?como=${id}`}
      title={text.chat.similar}
      className="rounded p-1 text-muted-foreground opacity-0 group-focus-within/bubble:opacity-100 group-hover/bubble:opacity-100 hover:text-foreground focus:opacity-100 pointer-coarse:opacity-100"
    >
      <Search className="size-3.5" aria-hidden="true" />
      <span className="sr-only">{text.chat.similar}</span>
    </Link>
  );
}
