import { type ReactNode, useEffect, useRef, useState } from "react";

import { CardSkeleton } from "@/components/answered";

const AHEAD = "600px";

/** What lies further down a long page is asked for when somebody comes near it: what is in sight comes first. */
export function WhenNear({ children, lines = 6 }: { children: ReactNode; lines?: number }) {
  const place = useRef<HTMLDivElement>(null);
  // Browsers without an observer show everything at once.
  const [isNear, setIsNear] = useState(typeof IntersectionObserver === "undefined");
  useEffect(() => {
    if (isNear || !place.current) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) setIsNear(true);
      },
      { rootMargin: AHEAD },
    );
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [isNear]);
  return isNear ? (
    children
  ) : (
    <div ref={place}>
      <CardSkeleton lines={lines} />
    </div>
  );
}
