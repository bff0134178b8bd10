/**
 * The live socket: one per session, connects again by itself and comes back with the last number that it heard, so
 * that nothing is missed. When sockets don't get through (a proxy that forbids them), it asks `GET /api/live`
 * instead, and keeps trying the socket.
 */
export interface LiveFrame {
  seq: number;
  type: string;
  payload: Record<string, unknown>;
}

export type LiveState = "connecting" | "live" | "polling" | "lost";

export interface CatchUp {
  events: LiveFrame[];
  newest: number;
  has_more: boolean;
  resync: boolean;
}

export interface LiveOptions {
  url: string;
  token: () => string | null;
  renew: () => Promise<void>;
  poll: (since: number) => Promise<CatchUp>;
  onEvent: (frame: LiveFrame) => void;
  /** Something may have been missed: read everything again. */
  onResync: () => void;
  onState: (state: LiveState) => void;
  onDenied: () => void;
  /** Tests hand in their own; milliseconds. */
  pace?: { retry: number; poll: number; ping: number; pong: number };
}

const PACE = { retry: 400, poll: 5_000, ping: 25_000, pong: 10_000 };
const LONGEST_WAIT = 15_000;
const SOCKET_FAILURES_BEFORE_POLLING = 3;
const DENIED = 4403;
const TOKEN_REFUSED = 4401;

export class LiveClient {
  private readonly options: LiveOptions;
  private readonly pace: NonNullable<LiveOptions["pace"]>;
  private socket: WebSocket | null = null;
  private since: number | null = null;
  private failures = 0;
  private stopped = true;
  private wasGreeted = false;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private pollTimer: ReturnType<typeof setTimeout> | undefined;
  private pingTimer: ReturnType<typeof setInterval> | undefined;
  private pongTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LiveOptions) {
    this.options = options;
    this.pace = options.pace ?? PACE;
  }

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    addEventListener("online", this.reconnectNow);
    document.addEventListener("visibilitychange", this.reconnectNow);
    this.options.onState("connecting");
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    removeEventListener("online", this.reconnectNow);
    document.removeEventListener("visibilitychange", this.reconnectNow);
    clearTimeout(this.retryTimer);
    clearTimeout(this.pollTimer);
    this.quiet();
    this.socket?.close();
    this.socket = null;
  }

  /** The access token was renewed: the socket goes on with the new one. */
  authenticate(): void {
    const token = this.options.token();
    if (this.socket?.readyState !== WebSocket.OPEN || !token) return;
    const since = !this.wasGreeted && this.since !== null ? { since: this.since } : {};
    this.socket.send(JSON.stringify({ type: "auth", token, ...since }));
  }

  private connect(): void {
    this.wasGreeted = false;
    const socket = new WebSocket(this.options.url);
    this.socket = socket;
    socket.onopen = () => this.authenticate();
    socket.onmessage = (message: MessageEvent<string>) => this.hear(JSON.parse(message.data) as LiveFrame);
    socket.onclose = (event) => {
      if (this.socket === socket) void this.closed(event.code);
    };
  }

  private hear(frame: LiveFrame): void {
    clearTimeout(this.pongTimer);
    if (frame.type === "pong") return;
    if (frame.type === "ready") return this.greeted(frame);
    this.since = frame.seq;
    if (frame.type === "resync") this.options.onResync();
    else this.options.onEvent(frame);
  }

  private greeted(frame: LiveFrame): void {
    const isReturn = this.failures > 0;
    this.wasGreeted = true;
    this.failures = 0;
    this.since ??= frame.seq;
    clearTimeout(this.pollTimer);
    this.pollTimer = undefined;
    this.options.onState("live");
    this.pingTimer = setInterval(() => this.check(), this.pace.ping);
    if (isReturn) this.options.onResync();
  }

  private check(): void {
    const socket = this.socket;
    socket?.send('{"type":"ping"}');
    this.pongTimer = setTimeout(() => socket?.close(), this.pace.pong);
  }

  private quiet(): void {
    clearInterval(this.pingTimer);
    clearTimeout(this.pongTimer);
  }

  private async closed(code: number): Promise<void> {
    this.quiet();
    if (this.stopped) return;
    this.failures += 1;
    if (this.pollTimer === undefined) this.options.onState("lost");
    if (code === DENIED) {
      this.options.onDenied();
      return;
    }
    if (code === TOKEN_REFUSED) await this.options.renew().catch(() => undefined);
    // `renew` may have logged the person out, which stops this client.
    if (this.isStopped()) return;
    if (this.failures >= SOCKET_FAILURES_BEFORE_POLLING && this.pollTimer === undefined) this.pollSoon(0);
    const wait = Math.min(LONGEST_WAIT, this.pace.retry * 2 ** Math.min(this.failures, 6));
    this.retryTimer = setTimeout(() => this.connect(), wait * (0.5 + Math.random() / 2));
  }

  private isStopped(): boolean {
    return this.stopped;
  }

  private pollSoon(wait: number): void {
    this.pollTimer = setTimeout(() => void this.pollOnce(), wait);
  }

  private async pollOnce(): Promise<void> {
    let next = this.pace.poll;
    try {
      const page = await this.options.poll(this.since ?? 0);
      if (this.stopped || this.wasGreeted) return;
      this.options.onState("polling");
      if (page.resync || this.since === null) {
        this.since = page.newest;
        this.options.onResync();
      } else {
        for (const frame of page.events) this.options.onEvent(frame);
        this.since = page.events.at(-1)?.seq ?? this.since;
        if (page.has_more) next = 0;
      }
    } catch {
      if (!this.stopped) this.options.onState("lost");
    }
    if (!this.stopped && !this.wasGreeted) this.pollSoon(next);
  }

  private readonly reconnectNow = (): void => {
    const isWaiting = this.socket === null || this.socket.readyState === WebSocket.CLOSED;
    if (this.stopped || document.hidden || !isWaiting) return;
    clearTimeout(this.retryTimer);
    this.connect();
  };
}
