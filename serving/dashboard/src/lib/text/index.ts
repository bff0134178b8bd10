import { pt, type Texts } from "./pt";

/** The texts of the chosen language. Portuguese is the only one so far; `en` would be chosen here. */
export const text: Texts = pt;
