// The server's clock.

/** Time as the server's clock tells it: milliseconds and 18 bits below. */
export function hybridTime(ms = Date.now()): string {
  return String(BigInt(Math.floor(ms)) << 18n)
}
