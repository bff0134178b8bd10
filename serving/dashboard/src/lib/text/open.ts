/** Words for what the API names: what it names today is there in every language, what it may name tomorrow may lack. */
export type Open<Key extends string, Word> = Record<Key, Word> & Record<string, Word>;

export const open = <Key extends string, Word = string>(words: Record<Key, Word>): Open<Key, Word> => words;
