import {
  BarChart3,
  Contact,
  FileText,
  Image,
  Info,
  MapPin,
  MessageSquare,
  Mic,
  SmilePlus,
  Sticker,
  Video,
} from "lucide-react";

import { text } from "@/lib/text";

const ICONS = {
  image: Image,
  video: Video,
  audio: Mic,
  document: FileText,
  sticker: Sticker,
  location: MapPin,
  contact: Contact,
  poll: BarChart3,
  reaction: SmilePlus,
  system: Info,
} as const;

const kindName = (kind: string): string => text.kinds[kind] ?? text.otherKind;

/** What stands for a message without words. */
export function KindLabel({ kind }: { kind: string }) {
  const Icon = kind in ICONS ? ICONS[kind as keyof typeof ICONS] : MessageSquare;
  return (
    <span className="inline-flex items-center gap-1.5 text-muted-foreground italic">
      <Icon className="size-4" aria-hidden="true" />
      {kindName(kind)}
    </span>
  );
}
