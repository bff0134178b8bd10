import { language } from "./language";
import { pt, type Texts } from "./pt";

/** The texts of the chosen language. What is not Portuguese is a file of its own, asked for before anything shows. */
export const text: Texts = language === "en" ? (await import("./en")).en : pt;
