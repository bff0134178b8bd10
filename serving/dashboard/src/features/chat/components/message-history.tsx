import { MessageText } from "@/components/messages/message-text";
import type { Schemas } from "@/lib/api/client";
import { moment } from "@/lib/format/days";
import { text } from "@/lib/text";

const { conversations } = text;

/** What happened to a message after it was sent, and what the model made of it. */
export function MessageHistory({ message, zone }: { message: Schemas["ConversationMessage"]; zone: string }) {
  const reactions = message.events.filter((event) => event.kind === "reaction" && event.text);
  const edits = message.events.filter((event) => event.kind === "edit" && event.text);
  if (!message.summary && reactions.length === 0 && edits.length === 0 && !message.is_audio) return null;
  return (
    <div className="mt-1 grid gap-1 text-xs text-muted-foreground">
      {message.is_audio && <span>{conversations.audio}</span>}
      {message.summary && message.summary !== message.text && (
        <p>
          <span className="font-medium">{conversations.summary}:</span> {message.summary}
        </p>
      )}
      {edits.map((edit) => (
        <p key={edit.at}>
          <span className="font-medium">{`${text.messages.edited} ${moment(edit.at, zone)}:`}</span>{" "}
          <MessageText words={edit.text ?? ""} />
        </p>
      ))}
      {reactions.length > 0 && (
        <p aria-label={conversations.reaction} className="text-base">
          {reactions.map((reaction) => reaction.text).join(" ")}
        </p>
      )}
    </div>
  );
}
