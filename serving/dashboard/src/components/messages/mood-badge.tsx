import { Frown, Meh, Smile } from "lucide-react";

import { Badge } from "@/components/ui/badge";
import { sentiment as shown } from "@/lib/format/numbers";
import { moodOf } from "@/lib/format/mood";
import { text } from "@/lib/text";

const LOOK = {
  positive: { variant: "good", Icon: Smile },
  neutral: { variant: "plain", Icon: Meh },
  negative: { variant: "bad", Icon: Frown },
} as const;

/** A sentiment in word, colour, sign and face, so that nobody depends on colour. */
export function MoodBadge({ sentiment }: { sentiment: number }) {
  const mood = moodOf(sentiment);
  const { variant, Icon } = LOOK[mood];
  return (
    <Badge variant={variant} className="tabular-nums">
      <Icon aria-hidden="true" />
      {text.messages[mood]} {shown(sentiment)}
    </Badge>
  );
}
