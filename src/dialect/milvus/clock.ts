// The server's clock.

/** Time as the server's clock tells it: milliseconds and 18 bits below. */
export function hybridTime(ms = Date.now()): string {
  if (ms !== lastMs) {
    lastMs = ms
    lastTime = String(BigInt(Math.floor(ms)) << 18n)
  }
  return lastTime
}

// Many calls end in the same millisecond.
let lastMs = -1
let lastTime = ''
