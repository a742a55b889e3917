// Long work lets others run now and then.

/** Lets the event loop turn once. */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    const immediate = (globalThis as { setImmediate?: (callback: () => void) => void }).setImmediate
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
