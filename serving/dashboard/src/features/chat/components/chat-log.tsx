import { type ReactNode, useEffect, useRef } from "react";

import { dayOf, fullDay } from "@/lib/format/days";
import { text } from "@/lib/text";

import type { Message } from "../lib/trajectory";
import { Bubble } from "./bubble";

interface ChatLogProps {
  messages: Message[];
  zone: string;
  wanted: string | null;
  older: ReactNode;
  /** What stands below a message's words. */
  extra?: (message: Message) => ReactNode;
}

/** The chat by day, oldest first; it opens at its end, or at the wanted message. */
export function ChatLog({ messages, zone, wanted, older, extra }: ChatLogProps) {
  const log = useRef<HTMLDivElement>(null);
  const shownFor = useRef<string | null>(null);
  const isWantedThere = wanted !== null && messages.some((message) => message.id === wanted);
  useEffect(() => {
    if (!wanted || !isWantedThere || shownFor.current === wanted) return;
    shownFor.current = wanted;
    document.getElementById(`m-${wanted}`)?.scrollIntoView({ block: "center" });
  }, [wanted, isWantedThere]);

  return (
    // Laid out from below: it starts at the end and stays where it is when older messages come in above.
    <div
      ref={log}
      role="region"
      aria-label={text.chat.history}
      tabIndex={0}
      className="relative flex h-[calc(100dvh-13rem)] min-h-96 flex-col-reverse overflow-y-auto px-4 sm:px-6"
    >
      <div className="pt-4 pb-6">
        <div className="mb-4 flex justify-center">{older}</div>
        {daysOf(messages, zone).map(({ day, messages: said }) => (
          <section key={day} aria-label={fullDay(day)}>
            <p className="my-4 flex justify-center">
              <span className="rounded-full bg-secondary px-3 py-1 text-xs text-secondary-foreground">
                {fullDay(day)}
              </span>
            </p>
            <ol className="grid gap-2.5">
              {said.map((message) => (
                <Bubble key={message.id} message={message} zone={zone} isWanted={message.id === wanted}>
                  {extra?.(message)}
                </Bubble>
              ))}
            </ol>
          </section>
        ))}
      </div>
    </div>
  );
}

function daysOf(messages: Message[], zone: string): { day: string; messages: Message[] }[] {
  const days: { day: string; messages: Message[] }[] = [];
  for (const message of messages) {
    const day = dayOf(new Date(message.sent_at), zone);
    const last = days.at(-1);
    if (last?.day === day) last.messages.push(message);
    else days.push({ day, messages: [message] });
  }
  return days;
}
