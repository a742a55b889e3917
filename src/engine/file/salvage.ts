// What a repair does with unusable files, and with writes over several partitions that are partly lost.

import { fileStem } from '../../catalog/index.ts'
import { parseDataFile } from '../../catalog/stored.ts'
import { CollectionShapes, KIND_DELETE, Store } from '../../core/index.ts'
import { type CorruptError, NotFoundError } from '../../error/index.ts'
import {
  encodeLogHeader,
  LOG_HEADER_BYTES,
  type Log,
  type LoggedTransaction,
  logName,
  ownPlace,
  type Recovery,
  type Repair,
} from '../../journal/index.ts'
import type { StorageDirectory, StorageFile } from '../../storage/index.ts'
import type { Key } from '../../value/index.ts'
import { newKey } from '../new-key.ts'
import type { Partition } from '../partition.ts'
import type { PartitionOptions } from '../partition-options.ts'
import type { Recovered } from './recovered.ts'
import { blocksOf, rescue } from './rescue.ts'

const LOST_PREFIX = 'lost.'

/** Renames a file to a name that quiverdb never reads or removes; returns the name. */
export async function putAside(storage: StorageDirectory, name: string): Promise<string> {
  const names = await storage.list()
  let aside = `${LOST_PREFIX}${name}`
  for (let number = 2; names.includes(aside); number++) aside = `${LOST_PREFIX}${number}.${name}`
  await storage.rename(name, aside)
  return aside
}

export async function sizeOf(storage: StorageDirectory, name: string): Promise<number> {
  try {
    const file = await storage.open(name, { create: false })
    const bytes = file.size()
    file.close()
    return bytes
  } catch (error) {
    // A file that cannot be read now is not one without content, which nobody keeps.
    if (error instanceof NotFoundError) return 0
    throw error
  }
}

/**
 * Gives misnamed logs their own name back, the newest of a partition, but no draft of a compaction before the log. If a
 * log of that partition already exists, it stays, and the misnamed one, which may be older, is kept aside. Each rename
 * stands alone: what is interrupted after one of them is finished by the next repair.
 */
export async function putBack(storage: StorageDirectory, database: bigint | undefined): Promise<Repair[]> {
  const store = await Store.create({ shapes: new CollectionShapes('id'), makeKey: newKey, isPlain: true })
  const moved: { name: string; stem: string; generation: number; rank: number }[] = []
  const names = new Set(await storage.list())
  const stems = new Set<string>()
  for (const name of names) {
    const ids = parseDataFile(name)
    if (ids === undefined || !name.endsWith('.log')) continue
    const place = fileStem(ids.collectionId, ids.partitionId)
    const { stem, generation, isComplete } = ownPlace(store, await headOf(storage, name), database) ?? { stem: place }
    if (stem === place) stems.add(stem)
    else moved.push({ name, stem, generation: generation!, rank: isComplete ? generation! : 0 })
  }
  const repairs: Repair[] = []
  for (const { name, stem, generation } of moved.sort((a, b) => b.rank - a.rank)) {
    const isFree = !stems.has(stem)
    let number = generation
    // Another's log may be under that name still.
    while (names.has(logName(stem, number))) number++
    const kept = isFree ? logName(stem, number) : await putAside(storage, name)
    if (isFree) await storage.rename(name, kept)
    names.delete(name)
    names.add(kept)
    stems.add(stem)
    const reason = `the log of ${stem}, under a name that was not its own; ${isFree ? 'it is' : 'kept as'} ${kept}`
    repairs.push({ file: name, offset: 0, bytes: 0, reason })
  }
  if (moved.length > 0) await storage.flushNames()
  return repairs
}

async function headOf(storage: StorageDirectory, name: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(LOG_HEADER_BYTES)
  const file = await storage.open(name, { create: false })
  try {
    file.read(0, bytes)
  } finally {
    file.close()
  }
  return bytes
}

/**
 * Makes sure that what was read of a log is on the disk, and without what was cut off; removes the files that proved
 * useless when it was opened, and keeps any that might be useful.
 */
export async function clearAway(storage: StorageDirectory, store: Store, log: Log, recovery: Recovery): Promise<void> {
  const { file, header, staleFiles, asideFiles } = recovery
  const isReplacing = recovery.isHeaderTorn || staleFiles.length > 0
  // After a failed flush it may be with the operating system only.
  if (isReplacing) file.write(0, encodeLogHeader(store, header))
  // What was read may not have reached the disk yet, and bytes behind it must not come back to life.
  if (!recovery.isClean) log.trim()
  // What the log replaces goes after that.
  if (isReplacing || !recovery.isClean) log.flushAll()
  for (const name of staleFiles) await storage.remove(name)
  for (const name of asideFiles) await putAside(storage, name)
  if (staleFiles.length + asideFiles.length > 0) await storage.flushNames()
}

/**
 * For a partition whose log cannot be read at all: keeps its files, including the snapshot, which has the seed of the
 * checksums.
 */
export async function loseLog(directory: StorageDirectory, stem: string, failure: CorruptError): Promise<Repair> {
  const sizes = new Map<string, number>()
  for (const name of await directory.list()) {
    const ids = parseDataFile(name)
    if (ids === undefined || fileStem(ids.collectionId, ids.partitionId) !== stem) continue
    const size = await sizeOf(directory, name)
    if (size > 0) sizes.set(name, size)
  }
  const kept: string[] = []
  let bytes = 0
  for (const [name, size] of sizes) if (name.endsWith('.log')) bytes += size
  if (bytes > 0) {
    for (const name of sizes.keys()) kept.push(await putAside(directory, name))
    await directory.flushNames()
  }
  const where = kept.length === 0 ? '' : `; kept as ${kept.join(', ')}`
  const path = String(failure.details['file'])
  return { file: path.slice(path.lastIndexOf('/') + 1), offset: 0, bytes, reason: `${failure.message}${where}` }
}

/**
 * Whether a write over several partitions is left out of `own` because another participant lacks it. An unreadable log
 * of that participant is no evidence against what is intact here; nor is damage in another shard of the same partition,
 * as documents do not move between shards. Between partitions they do: a document that moved away then stays where it
 * was, and one that arrived is kept (`removeDoubles`).
 */
export function isPartGone(
  transaction: LoggedTransaction,
  own: number,
  all: readonly PartitionOptions[],
  found: readonly Recovered[],
  known: readonly ReadonlySet<number>[],
): boolean {
  return transaction.participants.some((id) => {
    const other = all.findIndex((candidate) => candidate.id === id)
    // A partition dropped since had everything flushed before.
    if (other < 0) return false
    const theirs = found[other]!.recovery
    if (theirs === undefined || theirs.isHeadless) return false
    if (transaction.id <= theirs.header.sealedTransaction || known[other]!.has(transaction.id)) return false
    // That log is intact, so it never had its part.
    if (theirs.repairs.length === 0) return true
    const { group } = all[own]!
    return (group === undefined || group !== all[other]!.group) && hasDeletion(found[own]!.recovery!.file, transaction)
  })
}

/** Whether the frames of a transaction delete a document. */
function hasDeletion(file: StorageFile, { from, to }: LoggedTransaction): boolean {
  for (const { kind } of blocksOf(file, from, to)) if (kind === KIND_DELETE) return true
  return false
}

/**
 * Finishes the repair of a collection. Until its log is rewritten a partition is recognizable as damaged, so that comes
 * last: an interrupted repair is repeated as a whole.
 */
export async function finishRepair(partitions: readonly Partition[], found: readonly Recovered[]): Promise<void> {
  const groups = new Map<number | undefined, Partition[]>()
  for (const part of partitions) {
    const { group } = part.options
    groups.set(group, [...(groups.get(group) ?? []), part])
  }
  await removeDoubles([...groups.values()])
  const leaving = found.filter(({ recovery }) => recovery !== undefined && recovery.aborted.length > 0)
  for (const [i, part] of partitions.entries()) {
    const { recovery } = found[i]!
    if (leaving.includes(found[i]!)) await rescue(part, recovery!, partitions, leaving.length === 1)
  }
  // What a log has left out counts as soon as the participant that lacks it is whole again, and says that all is settled.
  for (const hasAborted of [true, false]) {
    for (const [i, part] of partitions.entries()) {
      const { recovery } = found[i]!
      if (!recovery?.needsRewrite || recovery.aborted.length > 0 !== hasAborted) continue
      await part.compact()
      const { storage } = part.options
      // Without it, the log before it would not be known to lack anything.
      if (recovery.hurtFile === undefined || storage === null) continue
      await putAside(storage, recovery.hurtFile)
      await storage.flushNames()
    }
  }
}

/**
 * A document that was moved and whose deletion was damaged exists twice: removes it from the damaged partition.
 *
 * @param groups - the shards of each partition.
 */
async function removeDoubles(groups: readonly (readonly Partition[])[]): Promise<void> {
  const hurt = groups.filter((parts) => parts.some((part) => part.repairs.length > 0))
  if (groups.length < 2) return
  for (const parts of hurt) {
    // Of two damaged partitions, the first keeps the document.
    const others = groups.filter((one) => one !== parts && !(hurt.indexOf(one) > hurt.indexOf(parts))).flat()
    for (const part of parts) {
      const doubles = keysAlsoIn(others, part)
      if (doubles.length === 0) continue
      const batch = part.begin()
      for (const key of doubles) batch.remove(key)
      batch.commit({ hard: true })
      await part.flush()
      const reason = `${doubles.length} documents that had been moved to another partition`
      part.repairs.push({ file: part.log?.file.name ?? '', offset: 0, bytes: 0, reason })
    }
  }
}

/** The keys of a partition's documents that another one has, too. */
function keysAlsoIn(others: readonly Partition[], part: Partition): Key[] {
  const keys: Key[] = []
  const addresses = new Uint32Array(256)
  for (let slot = 0; slot >= 0; ) {
    const { count, next } = part.store.scan(slot, addresses)
    slot = next
    for (let i = 0; i < count; i++) {
      const key = part.readKey(addresses[i]!)
      if (others.some((other) => other.find(key) !== 0)) keys.push(key)
    }
  }
  return keys
}
