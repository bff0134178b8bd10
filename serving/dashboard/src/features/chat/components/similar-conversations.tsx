import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { MessageText } from "@/components/messages/message-text";
import { http, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { moment } from "@/lib/format/days";
import { percent } from "@/lib/format/numbers";
import { text } from "@/lib/text";

const { conversations } = text;
const MOST = 5;

/** Chats whose customers wrote what this one wrote. */
export function SimilarConversations({ chatId, zone }: { chatId: string; zone: string }) {
  const found = useQuery({
    queryKey: [...keys.conversations, "similar", chatId],
    queryFn: ({ signal }) =>
      unwrap(
        http.GET("/api/conversations/{chat_id}/similar", {
          params: { path: { chat_id: chatId }, query: { limit: MOST } },
          signal,
        }),
      ),
  });
  return (
    <Box title={conversations.similar}>
      <Answered query={found}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="text-sm text-muted-foreground">{conversations.noSimilar}</p>
          ) : (
            <ul className="grid gap-3">
              {items.map((item) => (
                <li key={item.chat_id}>
                  <Link
                    to={`/conversas/${item.chat_id}?mensagem=${item.best.id}`}
                    className="block text-sm hover:underline"
                  >
                    <span className="line-clamp-2">
                      <MessageText words={item.best.text ?? ""} />
                    </span>
                    <span className="text-xs text-muted-foreground tabular-nums">
                      {`${moment(item.best.sent_at, zone)} · ${conversations.similarity(percent(item.similarity * 100))}`}
                    </span>
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </Answered>
    </Box>
  );
}
