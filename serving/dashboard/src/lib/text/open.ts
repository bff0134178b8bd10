declare const names: unique symbol;

/** Words for what the API names: read by any name, since it may name more tomorrow than there are words for today. */
export type Open<Key extends string, Word> = Record<string, Word> & { readonly [names]?: Key };

export const open = <Key extends string, Word = string>(words: Record<Key, Word>): Open<Key, Word> => words;

/** What another language has to say: everything, open lists included. */
export type Complete<T> = T extends string | ((...all: never[]) => unknown)
  ? T
  : typeof names extends keyof T
    ? Record<Extract<T[typeof names], string>, T extends Record<string, infer Word> ? Word : never>
    : { [Place in keyof T]: Complete<T[Place]> };
