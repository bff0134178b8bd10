import { infiniteQueryOptions } from "@tanstack/react-query";

import { http, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

import { type MessageFilters, toQuery } from "../lib/filters";

const PAGE = 60;

export const messagesQuery = (filters: MessageFilters, zone: string) =>
  infiniteQueryOptions({
    queryKey: [...keys.messagePages, "list", filters, zone],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        http.GET("/api/messages", {
          params: {
            query: { ...toQuery(filters, zone), limit: PAGE, ...(pageParam && { page: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_page,
    // New messages are announced above the list, not pushed into it while somebody reads.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    gcTime: 60_000,
  });
