// The WebSocket: connects again by itself, comes back with the last number it heard, so nothing is missed.

import { onRenewed, refresh, session } from "./api.js";

const PING_EVERY = 25_000;
const PONG_WITHIN = 10_000;

export class Live {
  constructor({ onEvent, onResync, onState, onDenied }) {
    Object.assign(this, { onEvent, onResync, onState, onDenied });
    this.since = null;
    this.failures = 0;
    this.stopped = false;
    onRenewed(() => this.authenticate({}));
    addEventListener("online", () => this.reconnectNow());
    addEventListener("offline", () => this.socket?.close());
  }

  start() {
    this.stopped = false;
    this.onState(this.failures ? "lost" : "connecting");
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws/tenant/${session().tenant_id}/`);
    this.socket = socket;
    socket.onopen = () => this.authenticate(this.since === null ? {} : { since: this.since });
    socket.onmessage = (message) => this.hear(JSON.parse(message.data));
    socket.onclose = (event) => this.socket === socket && this.closed(event.code);
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.retry);
    this.quiet();
    this.socket?.close();
    this.since = null;
  }

  authenticate(extra) {
    if (this.socket?.readyState === WebSocket.OPEN && session()) {
      this.socket.send(JSON.stringify({ type: "auth", token: session().access_token, ...extra }));
    }
  }

  hear(frame) {
    clearTimeout(this.pong);
    if (frame.type === "pong") return;
    if (frame.type === "ready") {
      const isReturn = this.failures > 0;
      this.failures = 0;
      this.since ??= frame.seq;
      this.onState("live");
      this.ping = setInterval(() => this.check(), PING_EVERY);
      if (isReturn) this.onResync();
      return;
    }
    this.since = frame.seq;
    if (frame.type === "resync") this.onResync();
    else this.onEvent(frame);
  }

  check() {
    this.socket.send('{"type":"ping"}');
    this.pong = setTimeout(() => this.socket.close(), PONG_WITHIN);
  }

  quiet() {
    clearInterval(this.ping);
    clearTimeout(this.pong);
  }

  async closed(code) {
    this.quiet();
    if (this.stopped) return;
    this.failures += 1;
    this.onState("lost");
    if (code === 4403) return this.onDenied();
    if (code === 4401) {
      try {
        await refresh();
      } catch (problem) {
        if (problem.status === 401) return this.onDenied();
      }
    }
    const wait = Math.min(15_000, 400 * 2 ** Math.min(this.failures, 6)) * (0.5 + Math.random() / 2);
    this.retry = setTimeout(() => this.start(), wait);
  }

  reconnectNow() {
    if (this.stopped || this.socket?.readyState === WebSocket.OPEN) return;
    clearTimeout(this.retry);
    this.start();
  }
}
