// V8's collector, called by tests of what is held on to.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')

/** Collects all garbage. */
export const collect = runInNewContext('gc') as () => void

/** Bytes outside of V8's heap, WASM memories among them. */
export function held(): number {
  collect()
  collect()
  return process.memoryUsage().external
}
