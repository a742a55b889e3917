// From applied to durable: what a write waits for before its caller is answered.

import type { WriteRequest } from '../options.ts'
import type { CollectionState } from '../state.ts'
import { Expiry, mayExpire } from '../wait.ts'
import type { WriteResult } from './result.ts'

/**
 * Resolves with `result` once the write just applied is as durable as the request asks. Runs in the same stretch as the
 * write, so that `state.written` still belongs to it.
 */
export function acknowledge(state: CollectionState, request: WriteRequest, result: WriteResult): Promise<WriteResult> {
  const { written } = state
  if (written.length === 0) return Promise.resolve(result)
  if (written.length === 1) {
    const partition = written[0]!
    const { pressure } = partition
    if (!request.isHard && pressure === undefined) return Promise.resolve(result)
    if (pressure === undefined && !mayExpire(request)) return partition.flush().then(() => result)
  }
  return acknowledgeAll(state, request, result)
}

async function acknowledgeAll(
  state: CollectionState,
  request: WriteRequest,
  result: WriteResult,
): Promise<WriteResult> {
  const waits: Promise<void>[] = []
  for (const partition of state.written) {
    if (request.isHard) waits.push(partition.flush())
    // The write waits for a compaction that has fallen behind, or the log would outgrow the disk.
    if (partition.pressure !== undefined) waits.push(partition.pressure)
  }
  if (waits.length === 0) return result
  const done = Promise.all(waits)
  if (!mayExpire(request)) {
    await done
    return result
  }
  const outcome = 'the write was applied as a whole, only its flush was not waited for'
  const expiry = new Expiry(request, `write to collection "${state.name}"`, outcome)
  try {
    await expiry.wait(done)
    return result
  } finally {
    expiry.stop()
  }
}
