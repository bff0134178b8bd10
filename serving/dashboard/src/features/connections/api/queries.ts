import { queryOptions } from "@tanstack/react-query";

import { http, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

const LOOK_MS = 5_000;
const QR_MS = 30_000;

export const connectionsQuery = queryOptions({
  queryKey: keys.connections,
  queryFn: ({ signal }) => unwrap(http.GET("/api/connections", { signal })),
  refetchInterval: LOOK_MS,
});

export const statusQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.connections, id, "status"],
    queryFn: ({ signal }) =>
      unwrap(
        http.GET("/api/connections/{connection_id}/status", {
          params: { path: { connection_id: id } },
          signal,
        }),
      ),
    refetchInterval: LOOK_MS,
  });

/** With a QR code, which lives for about 40 seconds. */
export const pairingQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.connections, id, "pairing"],
    queryFn: ({ signal }) =>
      unwrap(
        http.GET("/api/connections/{connection_id}/status", {
          params: { path: { connection_id: id }, query: { pair: true } },
          signal,
        }),
      ),
    refetchInterval: QR_MS,
    gcTime: 0,
    staleTime: 0,
  });
