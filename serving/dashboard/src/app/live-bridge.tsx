import { type InfiniteData, type Query, type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { type DayText, today } from "@/lib/format/days";
import { LiveClient, type LiveFrame } from "@/lib/live/live-client";
import { count, useLive } from "@/lib/live/live-store";
import { paced } from "@/lib/live/paced";
import { forget, refresh, useSession } from "@/lib/session/session";

type Pages = InfiniteData<Schemas["MessagePage"], string | null>;
type Score = Pick<Schemas["Message"], "sentiment" | "satisfaction" | "emotion" | "tone">;

// The figures of a period cost the server little, those of sixty days more; periods that are over hardly move.
const REST = { metrics: 1_500, daily: 5_000, past: 60_000, feed: 800, chat: 1_000, scores: 400 } as const;

/** One socket per session; what it hears makes the pages read again, or goes right into what they show. */
export function LiveBridge({ tenantId, zone }: { tenantId: string; zone: string }) {
  const client = useQueryClient();
  useEffect(() => {
    const reader = new Rereader(client, zone);
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const live = new LiveClient({
      url: `${scheme}//${location.host}/ws/tenant/${tenantId}/`,
      token: () => useSession.getState().token?.access_token ?? null,
      renew: refresh,
      poll: (since) => unwrap(http.GET("/api/live", { params: { query: { since } } })),
      onEvent: (frame) => {
        count(frame);
        reader.hear(frame);
      },
      onResync: () => reader.everything(),
      onState: (state) => useLive.setState({ state }),
      onDenied: forget,
    });
    live.start();
    const unsubscribe = useSession.subscribe((now, before) => {
      if (now.token !== before.token) live.authenticate();
    });
    return () => {
      unsubscribe();
      live.stop();
      reader.stop();
    };
  }, [client, tenantId, zone]);
  return null;
}

class Rereader {
  private readonly client: QueryClient;
  private readonly metrics;
  private readonly daily;
  private readonly past;
  private readonly feed;
  private readonly chats;
  private readonly writing;
  private readonly scores = new Map<string, Score>();
  private readonly chatIds = new Set<string>();
  private readonly touched = new Set<string>();

  constructor(client: QueryClient, zone: string) {
    const over = (query: Query): boolean => isOver(query, today(zone));
    this.client = client;
    this.metrics = paced(() => this.again(keys.metrics, (query) => !over(query)), REST.metrics);
    this.daily = paced(() => this.again(keys.daily, (query) => !over(query)), REST.daily);
    this.past = paced(() => this.again(keys.figures, over), REST.past);
    this.feed = paced(() => this.again(keys.feed), REST.feed);
    this.chats = paced(() => this.readChats(), REST.chat);
    this.writing = paced(() => this.writeScores(), REST.scores);
  }

  hear({ type, payload }: LiveFrame): void {
    const isMessage = type === "message_received" || type === "message_analyzed";
    if (isMessage && typeof payload.chat_id === "string") {
      this.touched.add(payload.chat_id);
      // A score goes into the open chat by itself; a conversation's figures have to be read.
      if (type === "message_received") this.chatIds.add(payload.chat_id);
      this.chats.ask();
    }
    if (type === "message_analyzed") {
      this.scores.set(String(payload.message_id), scoreOf(payload));
      this.writing.ask();
    }
    if (type === "connection_state") void this.again(keys.connections);
    this.metrics.ask();
    this.daily.ask();
    this.past.ask();
    if (isMessage) this.feed.ask();
  }

  everything(): void {
    for (const each of [this.metrics, this.daily, this.past, this.feed]) each.ask();
    void this.again([...keys.messagePages, "chat"]);
    void this.again(keys.conversation);
  }

  stop(): void {
    for (const each of [this.metrics, this.daily, this.past, this.feed, this.chats, this.writing])
      each.stop();
  }

  // Not cancelling what is under way: under steady traffic nothing would ever arrive.
  private again(
    queryKey: readonly unknown[],
    predicate: (query: Query) => boolean = () => true,
  ): Promise<void> {
    return this.client.invalidateQueries({ queryKey, predicate }, { cancelRefetch: false });
  }

  private async readChats(): Promise<void> {
    const ids = [...this.chatIds];
    const touched = new Set(this.touched);
    this.chatIds.clear();
    this.touched.clear();
    await Promise.all([
      ...ids.map((id) => this.again(keys.chat(id))),
      this.client.invalidateQueries(
        { queryKey: keys.conversation, predicate: ({ state }) => touched.has(chatOf(state.data)) },
        { cancelRefetch: false },
      ),
    ]);
  }

  private writeScores(): Promise<void> {
    const scores = new Map(this.scores);
    this.scores.clear();
    this.client.setQueriesData<Pages>(
      { queryKey: keys.messagePages },
      (pages) => pages && withScores(pages, scores),
    );
    return Promise.resolve();
  }
}

/** Whether the period that a query is about ended before this day, so that what happens now is no part of it. */
export const isOver = ({ meta }: Pick<Query, "meta">, day: DayText): boolean =>
  typeof meta?.until === "string" && meta.until < day;

/** The chat of a conversation that has been read. */
const chatOf = (data: unknown): string =>
  typeof data === "object" && data !== null && "chat_id" in data && typeof data.chat_id === "string"
    ? data.chat_id
    : "";

function scoreOf(payload: LiveFrame["payload"]): Score {
  const number = (value: unknown): number | null => (typeof value === "number" ? value : null);
  const word = (value: unknown): string | null => (typeof value === "string" ? value : null);
  return {
    sentiment: number(payload.sentiment),
    satisfaction: number(payload.satisfaction),
    emotion: word(payload.emotion),
    tone: word(payload.tone),
  };
}

/** The same pages where nothing changes, so that only touched rows are drawn again. */
export function withScores(pages: Pages, scores: ReadonlyMap<string, Score>): Pages {
  const isTouched = (page: Schemas["MessagePage"]): boolean =>
    page.items.some((message) => scores.has(message.id));
  if (!pages.pages.some(isTouched)) return pages;
  return { ...pages, pages: pages.pages.map((page) => (isTouched(page) ? rescored(page, scores) : page)) };
}

function rescored(page: Schemas["MessagePage"], scores: ReadonlyMap<string, Score>): Schemas["MessagePage"] {
  const items = page.items.map((message) => {
    const score = scores.get(message.id);
    return score ? { ...message, ...score } : message;
  });
  return { ...page, items };
}
