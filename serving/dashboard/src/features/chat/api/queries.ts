import { infiniteQueryOptions } from "@tanstack/react-query";

import { http, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

const PAGE = 100;

export const chatQuery = (chatId: string) =>
  infiniteQueryOptions({
    queryKey: keys.chat(chatId),
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        http.GET("/api/messages", {
          params: { query: { chat_id: chatId, limit: PAGE, ...(pageParam && { page: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_page,
  });
