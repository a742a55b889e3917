// Long work lets others run from time to time.
//
// Fake timers of a test do not advance by themselves, but what the engine waits for must still happen: it uses the
// clock and timers present when it was loaded or, if those were already fakes, those of Node.

interface Node {
  readonly process?: { getBuiltinModule?(name: string): object | undefined }
}

type Timers = Pick<typeof globalThis, 'setTimeout' | 'clearTimeout'> & { setImmediate?: (callback: () => void) => void }

const isFaked = 'clock' in globalThis.setTimeout || '_isMockFunction' in globalThis.setTimeout
const node = isFaked ? (globalThis as Node).process : undefined

const timers = (node?.getBuiltinModule?.('node:timers') ?? globalThis) as Timers
const { setImmediate: immediate } = timers
export const { setTimeout, clearTimeout } = timers
export const { performance } = (node?.getBuiltinModule?.('node:perf_hooks') ?? globalThis) as typeof globalThis

/** Length of a slice of long work. A browser frame has 16 ms. */
export const SLICE_MS = 8
/** Longer timers fire immediately. */
export const TIMER_MS_MAX = 2 ** 31 - 1

/** Lets the event loop run one turn. */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    if (immediate !== undefined) {
      immediate(resolve)
      return
    }
    // Not every JavaScript runtime has channels.
    if (typeof MessageChannel !== 'function') {
      setTimeout(resolve, 0)
      return
    }
    const channel = new MessageChannel()
    channel.port1.onmessage = () => {
      channel.port1.close()
      resolve()
    }
    channel.port2.postMessage(undefined)
  })
}
