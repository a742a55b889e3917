// The short way in: documents inserted or replaced as they are, without a list of changes. Everything else goes through
// a session (session.ts, conflict.ts).

import type { QuiverError } from '../../error/index.ts'
import type { Key } from '../../value/index.ts'
import { type Batch, Outcome, PutMode } from '../batch.ts'
import { keyIdentity } from '../key.ts'
import { isObject, ownField, withKey } from '../merge.ts'
import { newKey } from '../new-key.ts'
import { ConflictRule, ReturnChanges, type WriteRequest } from '../options.ts'
import type { Partition } from '../partition.ts'
import type { CollectionState } from '../state.ts'
import { checkExpiry, mayExpire } from '../wait.ts'
import { insertWithSession } from './conflict.ts'
import { ALONE, duplicateText, refusalText, requireOwn } from './refusal.ts'
import { emptyResult, setGeneratedKeys, type WriteResult } from './result.ts'
import { BatchSet, HARD, NONE, SOFT } from './transaction.ts'

/**
 * Writes documents in one synchronous stretch: when it returns all of them are final, and when it throws none is.
 * `state.written` lists the partitions to flush.
 *
 * @param base - position of the first document, for messages; ALONE for a document that was not in a list.
 */
export function applyInsert(
  state: CollectionState,
  documents: readonly unknown[],
  request: WriteRequest,
  base: number,
): WriteResult {
  state.single?.group?.run()
  const isShort =
    request.changes === ReturnChanges.No &&
    (request.conflict === ConflictRule.Error || request.conflict === ConflictRule.Replace)
  if (!isShort || state.isUniqueAcross) return insertWithSession(state, documents, request, base)
  if (state.single !== null) return insertInto(state, state.single, documents, request, base)
  const group = Math.max(request.group, 0)
  if (state.groups.length > 1 && isAnyElsewhere(state, documents, group)) {
    return insertWithSession(state, documents, request, base)
  }
  if (state.shards === 1) return insertInto(state, state.parts[group]!, documents, request, base)
  return insertSharded(state, group, documents, request, base)
}

/** Documents that were refused before they were staged. */
class Refused {
  readonly positions: number[] = []
  readonly first: unknown

  constructor(first: unknown) {
    this.first = first
  }
}

/** Inserts into one partition, in one batch. */
export function insertInto(
  state: CollectionState,
  partition: Partition,
  documents: readonly unknown[],
  request: WriteRequest,
  base: number,
): WriteResult {
  const mode = request.conflict === ConflictRule.Error ? PutMode.Insert : PutMode.Upsert
  const batch = partition.begin()
  let isOpen = true
  try {
    let refused: Refused | null = null
    for (let i = 0; i < documents.length; i++) {
      try {
        batch.put(documents[i] as object, mode)
      } catch (error) {
        requireOwn(error)
        if (request.isStrict) throw error
        refused ??= new Refused(error)
        refused.positions.push(i)
      }
    }
    batch.settle()
    if (request.isStrict && batch.failed > 0) throw firstFailure(batch)
    let result: WriteResult = {
      inserted: batch.inserted,
      replaced: batch.replaced,
      unchanged: batch.unchanged,
      deleted: 0,
      skipped: 0,
      errors: batch.exists + batch.failed,
    }
    if (refused !== null || result.errors > 0) {
      result.firstError = firstError(state, batch, documents, refused, base)
      if (refused !== null) result.errors += refused.positions.length
      if (request.isAtomic) result = refusedWhole(result)
    }
    if (request.isAtomic && result.errors > 0) {
      isOpen = false
      batch.abandon()
      state.written = NONE
      return result
    }
    if (batch.generated.length > 0) setGeneratedKeys(result, generatedKeys(batch))
    if (mayExpire(request)) checkExpiry(request, `insert into collection "${state.name}"`)
    isOpen = false
    if (batch.isDirty) batch.commit(request.isHard ? HARD : SOFT)
    else batch.abandon()
    // An unchanged document may not be on disk yet, if its writer did not wait for that.
    state.written = result.inserted + result.replaced + result.unchanged > 0 ? state.listOf(partition) : NONE
    return result
  } finally {
    if (isOpen) batch.abandon()
  }
}

/** Inserts one document into one partition, by a request without options. */
export function insertOne(
  state: CollectionState,
  partition: Partition,
  document: object,
  request: WriteRequest,
  base: number,
): WriteResult {
  const batch = partition.begin()
  let outcome: Outcome
  try {
    const mode = request.conflict === ConflictRule.Error ? PutMode.Insert : PutMode.Upsert
    outcome = batch.putOne(document, mode)
  } catch (error) {
    batch.abandon()
    requireOwn(error)
    return insertInto(state, partition, [document], request, base)
  }
  if (outcome > Outcome.Unchanged) {
    // The document was refused; insertInto reports why, as for several documents.
    batch.abandon()
    return insertInto(state, partition, [document], request, base)
  }
  const result: WriteResult = {
    inserted: outcome === Outcome.Inserted ? 1 : 0,
    replaced: outcome === Outcome.Replaced ? 1 : 0,
    unchanged: outcome === Outcome.Unchanged ? 1 : 0,
    deleted: 0,
    skipped: 0,
    errors: 0,
  }
  const { generated } = partition.store.stage
  if (generated !== undefined) result.generatedKeys = [generated]
  if (outcome === Outcome.Unchanged) batch.abandon()
  else if (batch.isOpen) batch.commit(request.isHard ? HARD : SOFT)
  state.written = state.listOf(partition)
  return result
}

/** The result of an atomic call with errors: they are counted, and nothing else happened. */
function refusedWhole(result: WriteResult): WriteResult {
  const refused = emptyResult()
  refused.errors = result.errors
  if (result.firstError !== undefined) refused.firstError = result.firstError
  return refused
}

function firstError(
  state: CollectionState,
  batch: Batch,
  documents: readonly unknown[],
  refused: Refused | null,
  base: number,
): string {
  const position = (i: number) => (base === ALONE ? ALONE : base + i)
  const refusedFirst = refused === null ? Infinity : refused.positions[0]!
  if (batch.exists + batch.failed > 0) {
    let operation = 0
    while (batch.outcome(operation) !== Outcome.Exists && batch.outcome(operation) !== Outcome.Failed) operation++
    // Refused documents have no operation number, so those of the documents after the first refusal are shifted.
    if (operation < refusedFirst) {
      if (batch.outcome(operation) === Outcome.Failed)
        return refusalText(state, batch.error(operation), position(operation))
      return duplicateText(state, ownField(documents[operation] as object, state.primaryKey), position(operation))
    }
  }
  return refusalText(state, refused!.first, position(refusedFirst))
}

/** The error of the first document that the core could not store. */
function firstFailure(batch: Batch): QuiverError {
  let operation = 0
  while (batch.outcome(operation) !== Outcome.Failed) operation++
  return batch.error(operation)
}

function generatedKeys(batch: Batch): Key[] {
  if (batch.failed === 0) return batch.generated
  return batch.generated.filter((_, i) => batch.outcome(batch.generatedBy[i]!) !== Outcome.Failed)
}

/** Inserts documents spread over the shards of one partition. */
function insertSharded(
  state: CollectionState,
  group: number,
  documents: readonly unknown[],
  request: WriteRequest,
  base: number,
): WriteResult {
  const mode = request.conflict === ConflictRule.Error ? PutMode.Insert : PutMode.Upsert
  const batches = new BatchSet(state)
  /** For each physical partition, the positions of its operations. */
  const positions: number[][] = []
  const generated: { key: string; part: number; operation: number }[] = []
  let firstAt = Infinity
  let text = ''
  const note = (at: number, describe: (position: number) => string) => {
    if (at >= firstAt) return
    firstAt = at
    text = describe(base === ALONE ? ALONE : base + at)
  }
  try {
    const result = emptyResult()
    for (let i = 0; i < documents.length; i++) {
      try {
        const document = documents[i]
        const given = isObject(document) ? ownField(document, state.primaryKey) : undefined
        const key = given ?? newKey()
        const part = state.partOf(group, key)
        const operation = batches.of(part).put(withKey(document, state.primaryKey, key) as object, mode)
        ;(positions[part] ??= []).push(i)
        if (given === undefined || given === null) generated.push({ key: key as string, part, operation })
      } catch (error) {
        requireOwn(error)
        if (request.isStrict) throw error
        result.errors++
        note(i, (position) => refusalText(state, error, position))
      }
    }
    batches.settle()
    positions.forEach((list, part) => {
      const batch = batches.of(part)
      if (request.isStrict && batch.failed > 0) throw firstFailure(batch)
      result.inserted += batch.inserted
      result.replaced += batch.replaced
      result.unchanged += batch.unchanged
      const errors = batch.exists + batch.failed
      if (errors === 0) return
      result.errors += errors
      let operation = 0
      while (batch.outcome(operation) !== Outcome.Exists && batch.outcome(operation) !== Outcome.Failed) operation++
      note(list[operation]!, (position) =>
        batch.outcome(operation) === Outcome.Failed
          ? refusalText(state, batch.error(operation), position)
          : duplicateText(state, ownField(documents[list[operation]!] as object, state.primaryKey), position),
      )
    })
    if (result.errors > 0) result.firstError = text
    if (request.isAtomic && result.errors > 0) {
      state.written = NONE
      return refusedWhole(result)
    }
    const stored = generated.filter(({ part, operation }) => batches.of(part).outcome(operation) !== Outcome.Failed)
    setGeneratedKeys(
      result,
      stored.map(({ key }) => key),
    )
    if (mayExpire(request)) checkExpiry(request, `insert into collection "${state.name}"`)
    state.written = batches.commit(request)
    return result
  } finally {
    batches.abandon()
  }
}

/** Whether the key of one of the documents is, or might be, in a partition other than `group`. */
function isAnyElsewhere(state: CollectionState, documents: readonly unknown[], group: number): boolean {
  const { parts, shards } = state
  for (const document of documents) {
    try {
      const key = isObject(document) ? ownField(document, state.primaryKey) : undefined
      if (keyIdentity(key) === undefined) continue
      if (withKey(document, state.primaryKey, key) !== document) return true
      const own = state.partOf(group, key)
      for (let part = own % shards; part < parts.length; part += shards) {
        if (part !== own && parts[part]!.find(key as Key) !== 0) return true
      }
    } catch {
      // An error in the document or its key is found again, and reported, when the document is put.
    }
  }
  return false
}
