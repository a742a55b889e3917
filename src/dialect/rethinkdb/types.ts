// What TypeScript sees of the dialect.

/** `r`, as long as it is not typed term by term. */
// biome-ignore lint/suspicious/noExplicitAny: terms are callable and have two hundred methods
export type R = any
