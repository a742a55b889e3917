// Opening a log reads and checks all of it, in slices: a program that opens a database goes on serving others meanwhile.

import { pause, performance, SLICE_MS } from '../core/index.ts'

export class Slice {
  private began = performance.now()

  /** Lets the event loop turn if the slice is over; undefined, without a promise, if not. */
  rest(): Promise<void> | undefined {
    return performance.now() - this.began < SLICE_MS ? undefined : this.next()
  }

  private async next(): Promise<void> {
    await pause()
    this.began = performance.now()
  }
}
