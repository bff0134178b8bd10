import { create } from "zustand";

import type { LiveFrame, LiveState } from "./live-client";

interface Live {
  state: LiveState;
  /** Messages that came since the page was opened. */
  received: number;
  analysed: number;
  /** Messages scored a moment ago, newest last: what a list may light up. */
  fresh: ReadonlySet<string>;
}

const FRESH_AT_MOST = 50;

export const useLive = create<Live>(() => ({
  state: "connecting",
  received: 0,
  analysed: 0,
  fresh: new Set(),
}));

export function count(frame: LiveFrame): void {
  if (frame.type === "message_received") useLive.setState((live) => ({ received: live.received + 1 }));
  if (frame.type !== "message_analyzed") return;
  const id = String(frame.payload.message_id);
  useLive.setState((live) => ({
    analysed: live.analysed + 1,
    fresh: new Set([...live.fresh, id].slice(-FRESH_AT_MOST)),
  }));
}
