import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { LiveClient, type LiveOptions } from "./live-client";

class FakeSocket {
  static all: FakeSocket[] = [];
  static OPEN = 1;
  static CLOSED = 3;
  readyState = 0;
  sent: Record<string, unknown>[] = [];
  onopen: () => void = () => undefined;
  onmessage: (message: { data: string }) => void = () => undefined;
  onclose: (event: { code: number }) => void = () => undefined;
  constructor() {
    FakeSocket.all.push(this);
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close(): void {
    this.end(1005);
  }
  open(): void {
    this.readyState = 1;
    this.onopen();
  }
  end(code: number): void {
    this.readyState = 3;
    this.onclose({ code });
  }
  frame(seq: number, type: string): void {
    this.onmessage({ data: JSON.stringify({ v: 1, seq, type, payload: {} }) });
  }
  static get last(): FakeSocket {
    const socket = FakeSocket.all.at(-1);
    if (!socket) throw new Error("no socket");
    return socket;
  }
}

const heard: number[] = [];
const states: string[] = [];
let options: LiveOptions;
let client: LiveClient;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  FakeSocket.all = [];
  heard.length = states.length = 0;
  options = {
    url: "ws://x/",
    token: () => "token",
    renew: vi.fn(() => Promise.resolve()),
    poll: vi.fn(() => Promise.resolve({ events: [], newest: 0, has_more: false, resync: false })),
    onEvent: (frame) => heard.push(frame.seq),
    onResync: vi.fn(),
    onState: (state) => states.push(state),
    onDenied: vi.fn(),
  };
  client = new LiveClient(options);
  client.start();
});

afterEach(() => {
  client.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const greet = (seq: number): void => {
  FakeSocket.last.open();
  FakeSocket.last.frame(seq, "ready");
};

describe("LiveClient", () => {
  it("comes back with the last number that it heard, and has everything read again", async () => {
    greet(40);
    FakeSocket.last.frame(41, "message_received");
    FakeSocket.last.end(1012);
    await vi.advanceTimersByTimeAsync(2_000);
    FakeSocket.last.open();
    expect(FakeSocket.last.sent).toEqual([{ type: "auth", token: "token", since: 41 }]);
    FakeSocket.last.frame(44, "ready");
    FakeSocket.last.frame(42, "message_received");
    expect(heard).toEqual([41, 42]);
    expect(options.onResync).toHaveBeenCalledOnce();
    expect(states).toEqual(["connecting", "live", "lost", "live"]);
  });

  it("asks instead of listening when no socket gets through, and stops asking when one does", async () => {
    options.poll = vi
      .fn()
      .mockResolvedValueOnce({ events: [], newest: 7, has_more: false, resync: false })
      .mockResolvedValue({
        events: [{ seq: 8, type: "x", payload: {} }],
        newest: 8,
        has_more: false,
        resync: false,
      });
    for (let attempt = 0; attempt < 3; attempt++) {
      FakeSocket.last.end(1006);
      await vi.advanceTimersByTimeAsync(4_000);
    }
    expect(states.at(-1)).toBe("polling");
    await vi.advanceTimersByTimeAsync(6_000);
    expect(heard).toContain(8);
    greet(9);
    expect(states.at(-1)).toBe("live");
    const asked = vi.mocked(options.poll).mock.calls.length;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(vi.mocked(options.poll).mock.calls.length).toBe(asked);
  });

  it("renews a refused token and gives up when the company is another one", async () => {
    FakeSocket.last.end(4401);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(options.renew).toHaveBeenCalledOnce();
    expect(FakeSocket.all).toHaveLength(2);
    FakeSocket.last.end(4403);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(options.onDenied).toHaveBeenCalledOnce();
    expect(FakeSocket.all).toHaveLength(2);
  });

  it("ends a socket that no longer answers", async () => {
    greet(1);
    await vi.advanceTimersByTimeAsync(25_000);
    expect(FakeSocket.last.sent.at(-1)).toEqual({ type: "ping" });
    await vi.advanceTimersByTimeAsync(12_000);
    expect(states).toContain("lost");
  });

  it("hands a renewed token to the open socket, without a number", () => {
    greet(5);
    client.authenticate();
    expect(FakeSocket.last.sent.at(-1)).toEqual({ type: "auth", token: "token" });
  });
});
