import { type ComponentType, createElement, lazy, type LazyExoticComponent } from "react";

import { MissingPart } from "@/components/missing-part";
import { isMissingPart } from "@/lib/missing-part";

const Missing = () => createElement(MissingPart);

/**
 * A component that comes in a chunk of its own. Where the chunk does not come, a notice stands in its place: an error
 * while React renders would take the whole page away, or be mended by React in a way that nobody can follow.
 */
export function lazyPart<Props>(
  load: () => Promise<{ default: ComponentType<Props> }>,
): LazyExoticComponent<ComponentType<Props>> {
  return lazy(async (): Promise<{ default: ComponentType<Props> }> => {
    try {
      return await load();
    } catch (error) {
      if (isMissingPart(error)) return { default: Missing };
      throw error;
    }
  });
}
