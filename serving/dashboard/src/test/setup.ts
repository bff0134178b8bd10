import "@testing-library/jest-dom/vitest";

import { cleanup, configure } from "@testing-library/react";
import { afterAll, afterEach, beforeAll } from "vitest";

import { forget } from "@/lib/session/session";

import { server } from "./server";

// What is awaited comes when the machine gets to it; a busy one is no failure.
configure({ asyncUtilTimeout: 20_000 });

// What jsdom lacks.
globalThis.ResizeObserver = class {
  observe(): void {
    // Nothing is ever laid out here.
  }
  unobserve(): void {
    // see above
  }
  disconnect(): void {
    // see above
  }
};
window.scrollTo = () => undefined;
window.matchMedia = (query: string) =>
  ({
    matches: false,
    media: query,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }) as never;
Element.prototype.scrollIntoView = () => undefined;
HTMLDialogElement.prototype.showModal = function () {
  this.open = true;
};
HTMLDialogElement.prototype.close = function () {
  this.open = false;
};

// What is waited for comes at once on a quiet machine; on a busy one it may take its time.
configure({ asyncUtilTimeout: 20_000 });

beforeAll(() => server.listen({ onUnhandledFrame: "error" }));
afterEach(() => {
  cleanup();
  server.resetHandlers();
  forget();
  localStorage.clear();
});
afterAll(() => server.close());
