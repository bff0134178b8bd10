/** The kinds of chats that people tell apart, as the API names them. */
export const CHATS = ["individual", "group"] as const;

export type Chats = (typeof CHATS)[number];

export const chatsOf = (value: string | null): Chats | null => CHATS.find((each) => each === value) ?? null;
