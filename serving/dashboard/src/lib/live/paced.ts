/** `work`, soon after it is asked for but at most once every `rest` ms and never twice at once. */
export function paced(work: () => Promise<unknown>, rest: number): { ask: () => void; stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let isBusy = false;
  let isDue = false;
  const run = async (): Promise<void> => {
    timer = null;
    isBusy = true;
    isDue = false;
    await work().catch(() => undefined);
    isBusy = false;
    later();
  };
  const later = (): void => {
    if (isDue && !isBusy && timer === null) timer = setTimeout(() => void run(), rest);
  };
  return {
    ask: () => {
      isDue = true;
      later();
    },
    stop: () => {
      isDue = false;
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}
