import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { http, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

import { type ConversationFilters, toQuery } from "../lib/conversation-filters";

const PAGE = 50;

export const conversationsQuery = (filters: ConversationFilters) =>
  infiniteQueryOptions({
    queryKey: [...keys.conversations, "list", filters],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        http.GET("/api/conversations", {
          params: { query: { ...toQuery(filters), limit: PAGE, ...(pageParam && { page: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_page,
    refetchOnWindowFocus: false,
  });

export const conversationQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.conversation, id],
    queryFn: ({ signal }) =>
      unwrap(
        http.GET("/api/conversations/{conversation_id}", {
          params: { path: { conversation_id: id } },
          signal,
        }),
      ),
  });
