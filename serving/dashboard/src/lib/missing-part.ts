/** When a part of the program (a chunk of a lazy page or card) did not come: wait for the server, then start anew. */
import { useEffect, useState } from "react";

/** What dynamic import says in Chromium, Firefox and Safari, and what Vite says of a part's style sheet. */
const MISSING = /dynamically imported module|importing a module script|preload CSS/i;

const RELOADED = "evosense.reloaded";
/** Two reloads in less than this many milliseconds would be a loop: the part is gone for good. */
const LOOP = 30_000;

/** How often the server is asked whether it is back, in milliseconds. */
const PAUSE = 1000;

export function isMissingPart(error: unknown): boolean {
  return error instanceof Error && MISSING.test(error.message);
}

/** Whether the server gives its first page, which every deployment serves. */
async function answers(): Promise<boolean> {
  try {
    return (await fetch("/", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

/** Reloads once; false where that was done just now. */
function reloadOnce(): boolean {
  const now = Date.now();
  if (now - Number(sessionStorage.getItem(RELOADED) ?? 0) < LOOP) return false;
  sessionStorage.setItem(RELOADED, String(now));
  location.reload();
  return true;
}

/**
 * "away" while the server does not answer; when it does, the page is loaded anew, by which a build that is newer comes
 * too. "gone" where even that did not bring the part.
 */
export function useMissingPart(): "away" | "gone" {
  const [isGone, setGone] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const ask = async () => {
      const isBack = await answers();
      if (isOver) return;
      if (!isBack) timer = setTimeout(() => void ask(), PAUSE);
      else if (!reloadOnce()) setGone(true);
    };
    void ask();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, []);
  return isGone ? "gone" : "away";
}
