// update, replace and delete: documents that are there already, selected by key or all of them.

import { TypeMismatchError, UnsupportedError } from '../error/index.ts'
import type { Document, Key } from '../value/index.ts'
import { answerOf, keepKey, requireSync, store } from './conflict.ts'
import { type KeyIdentity, keyIdentity } from './key.ts'
import { isObject, mergeInto, ownField } from './merge.ts'
import { describe, ReturnChanges, type WriteRequest } from './options.ts'
import type { Partition } from './partition.ts'
import { ALONE, changedKey, refusalText, requireOwn } from './refusal.ts'
import { emptyResult, type WriteResult } from './result.ts'
import { type Entry, WriteSession } from './session.ts'
import type { CollectionState } from './state.ts'
import { HARD, NONE, SOFT } from './transaction.ts'
import { checkExpiry } from './wait.ts'

type Decide = (document: Document) => unknown

/** What is to happen to each selected document. */
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

/** Selected documents: keys in the order given, or `null` for all. */
export function selectedKeys(selection: unknown, operation: string): readonly Key[] | null {
  if (Array.isArray(selection)) {
    for (let i = 0; i < selection.length; i++) {
      if (keyIdentity(selection[i]) !== undefined) continue
      throw new TypeMismatchError(
        `${operation} takes keys, got ${describe(selection[i])} at position ${i} of the array`,
      )
    }
    return selection as readonly Key[]
  }
  if (isObject(selection)) {
    requireNoFilter(selection, operation)
    return null
  }
  if (keyIdentity(selection) !== undefined) return [selection as Key]
  throw new TypeMismatchError(`${operation} takes a key, an array of keys, or a filter, got ${describe(selection)}`)
}

/** Filters come later; the empty one means all documents. */
export function requireNoFilter(filter: object, operation: string): void {
  if (Object.keys(filter).length === 0) return
  throw new UnsupportedError(`${operation}: filters come in a later version; select by key, or all documents with {}`, {
    details: { feature: 'filter' },
  })
}

/** Alters the selected documents in one synchronous stretch: all of it stands when it returns, or it throws and nothing does. */
export function applyAlteration(
  state: CollectionState,
  selection: unknown,
  alteration: Alteration,
  request: WriteRequest,
): WriteResult {
  const keys = selectedKeys(selection, alteration.kind)
  if (keys !== null && alteration.kind === 'delete' && state.single !== null && request.changes === ReturnChanges.No) {
    return deleteKeys(state, state.single, keys, request, Array.isArray(selection) ? 0 : ALONE)
  }
  const session = new WriteSession(state, request)
  const what = `${alteration.kind} in collection "${state.name}"`
  try {
    if (keys === null) alterAll(session, alteration, what)
    else
      for (let i = 0; i < keys.length; i++)
        alterKey(session, keys[i]!, Array.isArray(selection) ? i : ALONE, alteration)
    return session.finish(what)
  } finally {
    session.abandon()
  }
}

/** Deleting by key from one partition, which needs to look at nothing. */
function deleteKeys(
  state: CollectionState,
  partition: Partition,
  keys: readonly Key[],
  request: WriteRequest,
  base: number,
): WriteResult {
  const batch = partition.begin()
  let isOpen = true
  try {
    const result = emptyResult()
    for (let i = 0; i < keys.length; i++) {
      try {
        batch.remove(keys[i]!)
      } catch (error) {
        requireOwn(error)
        result.errors++
        result.firstError ??= refusalText(state, error, base === ALONE ? ALONE : i)
      }
    }
    state.written = NONE
    if (request.isAtomic && result.errors > 0) return result
    result.deleted = batch.deleted
    result.skipped = batch.missing
    checkExpiry(request, `delete in collection "${state.name}"`)
    if (!batch.isDirty) return result
    isOpen = false
    batch.commit(request.isHard ? HARD : SOFT)
    state.written = state.listOf(partition)
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

const SCAN_CHUNK = 256

/** Each document once: slots do not move, and what moves to another partition goes to one that was scanned before. */
function alterAll(session: WriteSession, alteration: Alteration, what: string): void {
  const { state, request } = session
  const addresses = new Uint32Array(SCAN_CHUNK)
  for (const part of partsInOrder(state, request, alteration.kind)) {
    const partition = state.parts[part]!
    for (let slot = 0; slot >= 0; ) {
      slot = partition.scan(slot, addresses)
      const count = partition.scanCount
      for (let i = 0; i < count; i++) {
        const key = partition.readKey(addresses[i]!)
        const entry = session.add(ALONE, key)
        try {
          alter(session, entry, key, keyIdentity(key)!, part, addresses[i]!, alteration)
        } catch (error) {
          session.refuse(entry, error)
        }
      }
      session.settle()
      checkExpiry(request, what)
    }
  }
}

function partsInOrder(state: CollectionState, request: WriteRequest, kind: Alteration['kind']): number[] {
  const all = state.parts.map((_, part) => part)
  if (request.group < 0) return all
  const isTarget = (part: number) => Math.floor(part / state.shards) === request.group
  const target = all.filter(isTarget)
  return kind === 'delete' ? target : [...target, ...all.filter((part) => !isTarget(part))]
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
    const patched = ownField(given, session.state.primaryKey)
    if (patched !== undefined && keyIdentity(patched) !== identity) throw changedKey(session.state, key, patched)
    next = partition.read(address)
    mergeInto(next, given)
  } else if (given !== null) {
    next = keepKey(session.state, given, partition.readKey(address), identity)
  }
  store(session, entry, part, key, next)
}
