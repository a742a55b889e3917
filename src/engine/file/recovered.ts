// The logs of a collection's partitions, read back and settled between them, before partitions are made of them.

import type { StoreOptions } from '../../core/index.ts'
import { CorruptError } from '../../error/index.ts'
import type { LoggedTransaction, Recovery, Repair } from '../../journal/index.ts'
import { newKey } from '../new-key.ts'
import type { PartitionOptions } from '../partition-options.ts'
import { filesPart } from '../parts.ts'

export interface Recovered {
  /** Applied. Undefined: there is no log, or none that can be read. */
  readonly recovery: Recovery | undefined
  /** In the second case, what a repair has to say of it. */
  readonly lost: Repair | undefined
}

export function storeOptions(options: PartitionOptions): StoreOptions {
  return {
    shapes: options.shapes,
    makeKey: newKey,
    isPlain: options.isPlain === true,
    ...(options.memoryLimitBytes === undefined ? {} : { memoryLimitBytes: options.memoryLimitBytes }),
  }
}

/** Reads the logs of all partitions of a collection; what a crash left of transactions over several is settled between them. */
export async function recoverAll(all: readonly PartitionOptions[]): Promise<Recovered[]> {
  const { agreedEnds } = await filesPart.load()
  const found: Recovered[] = []
  try {
    for (const options of all) found.push(await recoverOrLose(options))
    const known = found.map(({ recovery }) => new Set(recovery?.transactions.map(({ id }) => id)))
    const ends = agreedEnds(all.map(({ id }, i) => ({ id, recovery: found[i]!.recovery })))
    for (const [i, { recovery }] of found.entries()) {
      if (recovery === undefined) continue
      const isRepair = all[i]!.repair === true
      // What is salvaged is not cut short: there only the transaction itself is left out.
      if (!isRepair && ends[i]! < recovery.end) await recovery.cutAt(ends[i]!)
      await recovery.apply((transaction) => isRepair && lacksPart(transaction, i, all, found, known))
    }
    return found
  } catch (error) {
    closeAll(found)
    throw error
  }
}

/** After an error, which is the one to tell. */
export function closeAll(found: readonly Recovered[]): void {
  for (const { recovery } of found) {
    try {
      recovery?.file?.close()
    } catch {
      // The first error is the one to tell.
    }
  }
}

async function recoverOrLose(options: PartitionOptions): Promise<Recovered> {
  const { storage, imported, passageBytesMin } = options
  const directory = storage ?? imported
  if (directory === undefined) return { recovery: undefined, lost: undefined }
  try {
    const recovery = await filesPart.now!.Recovery.open({
      ...storeOptions(options),
      directory,
      stem: options.stem,
      names: options.names,
      repair: options.repair ?? false,
      isFileKept: storage !== null,
      ...(passageBytesMin === undefined ? {} : { passageBytesMin }),
      onProgress: options.onProgress,
    })
    return { recovery, lost: undefined }
  } catch (error) {
    // Nothing of this log can be read: salvaging goes on without its documents, and says so.
    if (!options.repair || options.readOnly || !(error instanceof CorruptError)) throw error
    const lost = { file: String(error.details['file']), offset: 0, bytes: 0, reason: error.message }
    return { recovery: undefined, lost }
  }
}

/** Whether another partition of a transaction does not have it. */
function lacksPart(
  transaction: LoggedTransaction,
  own: number,
  all: readonly PartitionOptions[],
  found: readonly Recovered[],
  known: readonly ReadonlySet<number>[],
): boolean {
  return transaction.participants.some((id) => {
    const other = all.findIndex((candidate) => candidate.id === id)
    // A partition that was dropped since had everything flushed before.
    if (other < 0 || other === own) return false
    const theirs = found[other]!.recovery
    if (theirs === undefined) return true
    return transaction.id > theirs.header.sealedTransaction && !known[other]!.has(transaction.id)
  })
}
