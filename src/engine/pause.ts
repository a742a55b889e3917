// Long work is done in slices, so that the event loop turns in between.

export { pause } from '../journal/index.ts'

/** How long a slice may be. A frame of a browser has 16 ms. */
export const SLICE_MS = 8
