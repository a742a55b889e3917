// Long work is done in slices, so that the event loop turns in between.

export { pause } from '../core/index.ts'

/** How long a slice may be. A frame of a browser has 16 ms. */
export const SLICE_MS = 8

/**
 * The same for work that nobody waits for: a program that has nothing else to do may end meanwhile. (An immediate that does not keep the
 * program alive would not run while it waits for something, a timer does.)
 */
export function rest(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 0) as unknown as { unref?: () => void }
    timer.unref?.()
  })
}
