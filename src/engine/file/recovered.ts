// The logs of a collection's partitions, read and reconciled with each other before they become partitions.

import type { StoreOptions } from '../../core/index.ts'
import { CorruptError } from '../../error/index.ts'
import type { Recovery, Repair } from '../../journal/index.ts'
import { newKey } from '../new-key.ts'
import type { PartitionOptions } from '../partition-options.ts'
import { filesPart } from '../parts.ts'

export interface Recovered {
  /** Applied. Undefined if there is no log, or none that can be read. */
  readonly recovery: Recovery | undefined
  /** For an unreadable log, what a repair reports. */
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

/**
 * Reads the logs of all partitions of a collection, and settles transactions over several of them that a crash has
 * interrupted.
 */
export async function recoverAll(all: readonly PartitionOptions[]): Promise<Recovered[]> {
  const { agreedEnds, isPartGone } = await filesPart.load()
  const found: Recovered[] = []
  try {
    for (const options of all) found.push(await recoverOrLose(options))
    const known = found.map(({ recovery }) => new Set(recovery?.transactions.map(({ id }) => id)))
    const logs = all.map(({ id }, i) => ({ id, recovery: found[i]!.recovery }))
    const ends = agreedEnds(logs, all[0]?.repair === true)
    for (const [i, { recovery }] of found.entries()) {
      if (recovery === undefined) continue
      const options = all[i]!
      const isRepair = options.repair === true
      // A repair does not cut logs short: it leaves out only the transaction itself.
      if (!isRepair && ends[i]! < recovery.end) await recovery.cutAt(ends[i]!)
      try {
        await recovery.apply((transaction) => isRepair && isPartGone(transaction, i, all, found, known))
      } catch (error) {
        found[i] = { recovery: undefined, lost: undefined }
        recovery.file.close()
        found[i] = { recovery: undefined, lost: await lostOf(options, error) }
      }
    }
    return found
  } catch (error) {
    closeAll(found)
    throw error
  }
}

/** Called after an error, which is the one to report. */
export function closeAll(found: readonly Recovered[]): void {
  for (const { recovery } of found) {
    try {
      recovery?.file?.close()
    } catch {
      // The first error is the one to report.
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
      database: options.database,
      names: options.names,
      repair: options.repair ?? false,
      isTight: options.isTight,
      isFileKept: storage !== null,
      ...(passageBytesMin === undefined ? {} : { passageBytesMin }),
      onProgress: options.onProgress,
    })
    return { recovery, lost: undefined }
  } catch (error) {
    return { recovery: undefined, lost: await lostOf(options, error) }
  }
}

/** For an unreadable log: a repair continues without its documents, and reports that. Rethrows any other error. */
function lostOf(options: PartitionOptions, error: unknown): Promise<Repair> {
  const { storage, imported, stem, repair, readOnly } = options
  if (repair !== true || readOnly === true || !(error instanceof CorruptError)) throw error
  return filesPart.now!.loseLog((storage ?? imported)!, stem, error)
}

/** A repair keeps transactions whose part in some log is gone: up to this number they all count. */
export function settledTransaction(all: readonly PartitionOptions[], found: readonly Recovered[]): number {
  let highest = 0
  if (all[0]?.repair !== true) return highest
  for (const { recovery } of found) {
    if (recovery === undefined) continue
    highest = Math.max(highest, recovery.header.sealedTransaction)
    for (const { id } of recovery.transactions) if (id > highest) highest = id
  }
  return highest
}
