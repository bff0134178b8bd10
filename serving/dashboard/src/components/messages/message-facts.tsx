import { Badge } from "@/components/ui/badge";
import type { Schemas } from "@/lib/api/client";
import { integer } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { MoodBadge } from "./mood-badge";

/** How a message was scored, in one line. */
export function MessageFacts({ message }: { message: Schemas["Message"] }) {
  const { messages, emotions, tones } = text;
  if (message.sentiment === null) {
    return <Badge>{message.direction === "in" ? messages.unscored : messages.answer}</Badge>;
  }
  const words = [
    message.satisfaction === null ? null : messages.satisfaction(integer(message.satisfaction)),
    message.emotion === null ? null : (emotions[message.emotion] ?? message.emotion),
    message.tone === null ? null : (tones[message.tone] ?? message.tone),
  ].filter((word) => word !== null);
  return (
    <>
      <MoodBadge sentiment={message.sentiment} />
      <span className="text-xs text-muted-foreground">{words.join(" · ")}</span>
    </>
  );
}
