// Long work lets others run now and then.
//
// Fake timers of a test stand still until the test moves them, and what the engine waits for must come all the same: it goes by the
// clock and the timers that were there when it was loaded, and where those were fakes already by those of Node.

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

/** Lets the event loop turn once. */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    if (immediate !== undefined) {
      immediate(resolve)
      return
    }
    // Not everything that runs JavaScript has channels.
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
