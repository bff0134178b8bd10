import { useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";

import { Shortcuts } from "@/components/shortcuts";
import { Dialog } from "@/components/ui/dialog";
import { text } from "@/lib/text";

import { DESTINATIONS } from "./navigation";

const CHORD_MS = 1_500;

/** `/` searches, `g` and a letter go to a page, `?` shows what there is. Never while somebody types. */
export function Keyboard() {
  const navigate = useNavigate();
  const [isHelpOpen, setIsHelpOpen] = useState(false);
  const chordUntil = useRef(0);
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const isChord = event.timeStamp < chordUntil.current;
      chordUntil.current = 0;
      const target = isChord ? DESTINATIONS.find((each) => each.key === event.key)?.path : undefined;
      if (target !== undefined) void navigate(target);
      else if (event.key === "g") chordUntil.current = event.timeStamp + CHORD_MS;
      else if (event.key === "?") setIsHelpOpen(true);
      else if (event.key === "/") void navigate("/busca");
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [navigate]);
  return (
    <Dialog isOpen={isHelpOpen} onClose={() => setIsHelpOpen(false)} title={text.settings.keyboard}>
      <Shortcuts />
    </Dialog>
  );
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
