// update, replace and delete: changes to existing documents, selected by key or by filter.

import { TypeMismatchError } from '../../error/index.ts'
import type { CompiledFilter } from '../../query/index.ts'
import type { Document, Key } from '../../value/index.ts'
import { type KeyIdentity, keyIdentity } from '../key.ts'
import { isObject, mergeInto, ownField } from '../merge.ts'
import { describe, ReturnChanges, type WriteRequest } from '../options.ts'
import type { Partition } from '../partition.ts'
import { resolveFilter } from '../read/filter.ts'
import { MatchScan } from '../read/match.ts'
import { type Plan, planOf } from '../read/plan.ts'
import type { CollectionState } from '../state.ts'
import { checkExpiry } from '../wait.ts'
import { answerOf, keepKey, requireSync, store } from './conflict.ts'
import { ALONE, changedKey, isMemoryFull, refusalText, requireOwn } from './refusal.ts'
import { emptyResult, type WriteResult } from './result.ts'
import { type Entry, WriteSession } from './session.ts'
import { HARD, NONE, SOFT } from './transaction.ts'

type Decide = (document: Document) => unknown

/** What to do with each selected document. */
export type Alteration =
  | { readonly kind: 'delete' }
  | { readonly kind: 'update' | 'replace'; readonly value: Document | Decide }

/** Checks the second argument of update and replace. */
export function alterationOf(kind: 'update' | 'replace', value: unknown): Alteration {
  if (typeof value === 'function') return { kind, value: value as Decide }
  if (isObject(value)) return { kind, value }
  const noun = kind === 'update' ? 'a patch' : 'a document'
  throw new TypeMismatchError(`${kind} takes ${noun} (a plain object) or a function, got ${describe(value)}`)
}

/** The meaning of a selection: keys in the order given, or a filter. */
function selectedBy(selection: unknown, operation: string): readonly Key[] | CompiledFilter {
  if (Array.isArray(selection)) {
    for (let i = 0; i < selection.length; i++) {
      if (keyIdentity(selection[i]) !== undefined) continue
      throw new TypeMismatchError(
        `${operation} takes keys, got ${describe(selection[i])} at position ${i} of the array`,
      )
    }
    return selection as readonly Key[]
  }
  if (isObject(selection)) return resolveFilter(selection, operation)
  if (keyIdentity(selection) !== undefined) return [selection as Key]
  throw new TypeMismatchError(`${operation} takes a key, an array of keys, or a filter, got ${describe(selection)}`)
}

function isKeys(selected: readonly Key[] | CompiledFilter): selected is readonly Key[] {
  return Array.isArray(selected)
}

/**
 * Alters the selected documents in one synchronous stretch: when it returns everything is final, and when it throws
 * nothing is.
 */
export function applyAlteration(
  state: CollectionState,
  selection: unknown,
  alteration: Alteration,
  request: WriteRequest,
): WriteResult {
  const selected = selectedBy(selection, alteration.kind)
  const isShort = alteration.kind === 'delete' && state.single !== null && request.changes === ReturnChanges.No
  if (isShort && isKeys(selected)) {
    return deleteKeys(state, state.single!, selected, request, Array.isArray(selection) ? 0 : ALONE)
  }
  const session = new WriteSession(state, request, alteration.kind === 'delete')
  const what = `${alteration.kind} in collection "${state.name}"`
  try {
    if (alteration.kind !== 'delete' && (typeof alteration.value === 'function' || !isKeys(selected))) session.hold()
    if (isKeys(selected)) {
      for (let i = 0; i < selected.length; i++)
        alterKey(session, selected[i]!, Array.isArray(selection) ? i : ALONE, alteration)
    } else alterMatches(session, planOf(state, selected), alteration, what)
    return session.finish(what)
  } finally {
    session.abandon()
  }
}

/** Deletes by key from one partition; does not need to read anything. */
function deleteKeys(
  state: CollectionState,
  partition: Partition,
  keys: readonly Key[],
  request: WriteRequest,
  base: number,
): WriteResult {
  const batch = partition.begin()
  let isOpen = true
  const result = emptyResult()
  state.written = NONE
  const commit = () => {
    result.deleted += batch.deleted
    result.skipped += batch.missing
    checkExpiry(request, `delete in collection "${state.name}"`)
    isOpen = false
    if (!batch.isDirty) {
      batch.abandon()
      return
    }
    batch.commit(request.isHard ? HARD : SOFT)
    state.written = state.listOf(partition)
  }
  const remove = (key: Key) => {
    try {
      batch.remove(key)
    } catch (error) {
      if (request.isAtomic || !isMemoryFull(error) || !batch.isDirty) throw error
      // There is no memory to record every step: what was deleted so far is committed by itself, which frees some.
      commit()
      request.outcome = 'what was deleted before stays so'
      partition.begin()
      isOpen = true
      batch.remove(key)
    }
  }
  try {
    for (let i = 0; i < keys.length; i++) {
      try {
        remove(keys[i]!)
      } catch (error) {
        requireOwn(error)
        result.errors++
        result.firstError ??= refusalText(state, error, base === ALONE ? ALONE : i)
      }
    }
    if (!request.isAtomic || result.errors === 0) commit()
    return result
  } finally {
    if (isOpen) batch.abandon()
  }
}

function alterKey(session: WriteSession, key: Key, position: number, alteration: Alteration): void {
  const { state, request } = session
  const entry = session.add(position, key)
  try {
    if (alteration.kind === 'delete' && state.single !== null) {
      session.remove(entry, 0, key)
      return
    }
    const identity = keyIdentity(key)!
    const address = session.locate(key, identity)
    const isElsewhere =
      alteration.kind === 'delete' && request.group >= 0 && state.partOf(request.group, key) !== state.locatedPart
    if (address === 0 || isElsewhere) entry.isSkipped = true
    else alter(session, entry, key, identity, state.locatedPart, address, alteration)
  } catch (error) {
    session.refuse(entry, error)
  }
}

const CHUNK = 256

/**
 * Alters each match once: slots do not move, and a document that moves to another partition goes to one already
 * scanned.
 */
function alterMatches(session: WriteSession, plan: Plan, alteration: Alteration, what: string): void {
  const { state, request } = session
  const scan = new MatchScan(state, plan, partsInOrder(state, request, alteration.kind))
  const addresses = new Uint32Array(CHUNK)
  /** What is found stays valid until the end, old versions included: nothing is freed before the commit. */
  const found: { part: number; address: number }[] = []
  for (;;) {
    const count = scan.read(addresses)
    if (count < 0) break
    for (let i = 0; i < count; i++) {
      if (plan.isMovedByWrites) found.push({ part: scan.part, address: addresses[i]! })
      else alterFound(session, scan.part, addresses[i]!, alteration)
    }
    session.settle()
    checkExpiry(request, what)
  }
  for (const { part, address } of found) alterFound(session, part, address, alteration)
}

function alterFound(session: WriteSession, part: number, address: number, alteration: Alteration): void {
  const key = session.state.parts[part]!.readKey(address)
  const entry = session.add(ALONE, key)
  try {
    alter(session, entry, key, keyIdentity(key)!, part, address, alteration)
  } catch (error) {
    session.refuse(entry, error)
  }
}

function partsInOrder(state: CollectionState, request: WriteRequest, kind: Alteration['kind']): readonly Partition[] {
  if (request.group < 0) return state.parts
  const target = state.groups[request.group]!.parts
  return kind === 'delete' ? target : [...target, ...state.parts.filter((partition) => !target.includes(partition))]
}

function alter(
  session: WriteSession,
  entry: Entry,
  key: Key,
  identity: KeyIdentity,
  part: number,
  address: number,
  alteration: Alteration,
): void {
  if (alteration.kind === 'delete') {
    session.remove(entry, part, key)
    return
  }
  const { kind, value } = alteration
  const partition = session.state.parts[part]!
  let given: Document | null
  if (typeof value === 'function') {
    const noun = `${kind} function`
    requireSync(value, noun)
    given = answerOf(() => value(partition.read(address)), noun)
  } else {
    given = value
  }
  let next = given
  if (given !== null && kind === 'update') {
    // Reads the document first: a getter of the patch may free what is at this address.
    next = partition.read(address)
    const patched = ownField(given, session.state.primaryKey)
    if (patched !== undefined && keyIdentity(patched) !== identity) throw changedKey(session.state, key, patched)
    mergeInto(next, given)
  } else if (given !== null) {
    next = keepKey(session.state, given, partition.readKey(address), identity)
  }
  store(session, entry, part, key, next)
}
