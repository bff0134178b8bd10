import { useEffect, useEffectEvent, useState } from "react";

import { MessageText } from "@/components/messages/message-text";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import type { Schemas } from "@/lib/api/client";
import { cn } from "@/lib/cn";
import { text } from "@/lib/text";

const { labelling } = text;
/** The five answers as the API's -1..1. */
const SENTIMENTS = [-0.9, -0.5, 0, 0.5, 0.9] as const;
const EMOTIONS = Object.keys(text.emotions);
const EMOTION_KEYS = "qwertyuiopa";
const TONES = Object.keys(text.tones);

interface JudgementProps {
  message: Schemas["MessageToLabel"];
  isBusy: boolean;
  onSave: (label: Schemas["NewLabel"]) => void;
  onSkip: () => void;
  onBack: (() => void) | undefined;
}

/** One message, judged without the mouse: a digit, a letter, Enter. */
export function Judgement({ message, isBusy, onSave, onSkip, onBack }: JudgementProps) {
  const [sentiment, setSentiment] = useState<number | null>(null);
  const [emotion, setEmotion] = useState<string | null>(null);
  const [tone, setTone] = useState<string | null>(null);
  const save = (): void => {
    if (sentiment === null || isBusy) return;
    onSave({ message_id: message.message_id, sentiment, emotion, tone });
  };
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const key = event.key.toLowerCase();
    const answer = SENTIMENTS[Number(key) - 1];
    const feeling = key.length === 1 ? EMOTIONS[EMOTION_KEYS.indexOf(key)] : undefined;
    if (answer !== undefined) setSentiment(answer);
    else if (feeling !== undefined) setEmotion((before) => (before === feeling ? null : feeling));
    else if (key === "s") onSkip();
    else if (key === "z" && onBack) onBack();
    else if (key === "enter" && !isOnButton(event.target)) save();
    else return;
    event.preventDefault();
  });
  useEffect(() => {
    // Before the shortcuts of the pages, so that "r" or "e" mean an emotion here.
    const listen = (event: KeyboardEvent): void => press(event);
    addEventListener("keydown", listen, { capture: true });
    return () => removeEventListener("keydown", listen, { capture: true });
  }, []);
  return (
    <Card aria-label={labelling.message} className="grid gap-6 p-5 sm:p-6">
      <blockquote
        className="rounded-2xl bg-bubble-out px-5 py-4 text-lg leading-relaxed wrap-anywhere"
        data-to-label=""
      >
        <MessageText words={message.text} />
      </blockquote>
      <Choices
        label={labelling.sentiment}
        hint={labelling.sentimentKeys}
        options={SENTIMENTS.map((value, place) => ({
          value: String(value),
          label: labelling.sentiments[place] ?? "",
          hotkey: String(place + 1),
        }))}
        chosen={sentiment === null ? null : String(sentiment)}
        onChoose={(value) => setSentiment(Number(value))}
      />
      <Choices
        label={labelling.emotion}
        hint={labelling.emotionKeys}
        options={EMOTIONS.map((value, place) => ({
          value,
          label: text.emotions[value] ?? value,
          hotkey: EMOTION_KEYS[place]?.toUpperCase() ?? "",
        }))}
        chosen={emotion}
        onChoose={(value) => setEmotion(value === emotion ? null : value)}
      />
      <Choices
        label={labelling.tone}
        options={TONES.map((value) => ({ value, label: text.tones[value] ?? value }))}
        chosen={tone}
        onChoose={(value) => setTone(value === tone ? null : value)}
      />
      <div className="flex flex-wrap items-center gap-2">
        <Button disabled={sentiment === null || isBusy} onClick={save}>
          {labelling.save}
        </Button>
        <Button variant="outline" onClick={onSkip}>
          {labelling.skip}
        </Button>
        {onBack && (
          <Button variant="ghost" onClick={onBack}>
            {labelling.undo}
          </Button>
        )}
      </div>
      <p className="text-[13px] text-muted-foreground">{labelling.keys}</p>
    </Card>
  );
}

interface ChoicesProps {
  label: string;
  hint?: string;
  options: readonly { value: string; label: string; hotkey?: string }[];
  chosen: string | null;
  onChoose: (value: string) => void;
}

function Choices({ label, hint, options, chosen, onChoose }: ChoicesProps) {
  return (
    <fieldset>
      <legend className="mb-2 text-sm font-medium">
        {label}
        {hint && <span className="ml-2 font-normal text-muted-foreground">{hint}</span>}
      </legend>
      <div className="flex flex-wrap gap-2">
        {options.map((option) => (
          <button
            key={option.value}
            type="button"
            aria-pressed={chosen === option.value}
            onClick={() => onChoose(option.value)}
            className={cn(
              "inline-flex h-10 items-center gap-2 rounded-lg border px-3 text-sm",
              chosen === option.value
                ? "border-primary bg-primary text-primary-foreground"
                : "bg-card hover:bg-accent hover:text-accent-foreground",
            )}
          >
            {option.hotkey && (
              <kbd className="rounded border border-current/40 px-1 font-mono text-[11px] leading-4">
                {option.hotkey}
              </kbd>
            )}
            {option.label}
          </button>
        ))}
      </div>
    </fieldset>
  );
}

const isOnButton = (target: EventTarget | null): boolean => target instanceof HTMLButtonElement;
