// Inserts that depend on what is stored: they merge, ask a function, move a document between partitions, or report what
// changed.

import { kindOf } from '../../core/index.ts'
import { UsageError } from '../../error/index.ts'
import type { Document, Key } from '../../value/index.ts'
import { PutMode } from '../batch.ts'
import { type KeyIdentity, keyIdentity } from '../key.ts'
import { copyDocument, isObject, mergeInto, ownField, withKey } from '../merge.ts'
import { newKey } from '../new-key.ts'
import { ConflictRule, type WriteRequest } from '../options.ts'
import type { CollectionState } from '../state.ts'
import { ALONE, changedKey, duplicateText, reasonOf } from './refusal.ts'
import type { WriteResult } from './result.ts'
import { type Entry, WriteSession } from './session.ts'

export function insertWithSession(
  state: CollectionState,
  documents: readonly unknown[],
  request: WriteRequest,
  base: number,
): WriteResult {
  const session = new WriteSession(state, request)
  try {
    if (request.conflict === ConflictRule.Function) session.hold()
    for (let i = 0; i < documents.length; i++) insertOne(session, documents[i], base === ALONE ? ALONE : base + i)
    return session.finish(`insert into collection "${state.name}"`)
  } finally {
    session.abandon()
  }
}

function insertOne(session: WriteSession, given: unknown, position: number): void {
  const { state, request } = session
  const entry = session.add(position, undefined)
  try {
    const group = Math.max(request.group, 0)
    const key = isObject(given) ? ownField(given, state.primaryKey) : undefined
    entry.key = key
    if (key === undefined || key === null) {
      const made = newKey()
      session.put(entry, state.partOf(group, made), withKey(given, state.primaryKey, made), PutMode.Insert)
      entry.key = made
      entry.isGenerated = true
      return
    }
    const identity = keyIdentity(key)
    const document = withKey(given, state.primaryKey, key)
    const isPlain = request.conflict === ConflictRule.Error || request.conflict === ConflictRule.Replace
    if (identity === undefined || (isPlain && state.single !== null)) {
      // The core itself finds out whether the key is taken, and what is wrong with an invalid one.
      const mode = request.conflict === ConflictRule.Error ? PutMode.Insert : PutMode.Upsert
      session.put(entry, state.partOf(group, key), document, mode)
      return
    }
    const address = session.locate(key as Key, identity)
    if (address === 0) session.put(entry, state.partOf(group, key), document, PutMode.Insert)
    else resolve(session, entry, document as Document, identity, address)
  } catch (error) {
    session.refuse(entry, error)
  }
}

/** Resolves the conflict with the document at `address`, which has the key. */
function resolve(
  session: WriteSession,
  entry: Entry,
  document: Document,
  identity: KeyIdentity,
  address: number,
): void {
  const { state, request } = session
  const from = state.locatedPart
  const key = entry.key as Key
  let next: Document | null = document
  if (request.conflict === ConflictRule.Error) {
    // In the partition it would go to, the core tells whether anything else is wrong with it.
    if (from === state.partOf(Math.max(request.group, 0), key)) session.put(entry, from, document, PutMode.Insert)
    else entry.error = duplicateText(state, key, entry.position)
    return
  }
  if (request.conflict === ConflictRule.Update) {
    next = state.parts[from]!.read(address)
    mergeInto(next, document)
  } else if (request.conflict === ConflictRule.Function) {
    const partition = state.parts[from]!
    const decide = request.conflictFunction!
    requireSync(decide, 'conflict function')
    const copy = copyDocument(document)
    next = answerOf(() => decide(partition.readKey(address), partition.read(address), copy), 'conflict function')
    if (next !== null) next = keepKey(state, next, partition.readKey(address), identity)
  }
  store(session, entry, from, key, next)
}

/** Stores the document for a taken key: in the named partition, otherwise where the old one is. `null` deletes. */
export function store(session: WriteSession, entry: Entry, from: number, key: Key, document: Document | null): void {
  const { state, request } = session
  if (document === null) {
    session.remove(entry, from, key)
    return
  }
  const to = request.group < 0 ? from : state.partOf(request.group, key)
  if (from === to) session.put(entry, to, document, PutMode.Upsert)
  else session.move(entry, from, to, document, PutMode.Upsert)
}

/** The document with the key it had; throws when it has a different one. */
export function keepKey(state: CollectionState, document: Document, key: Key, identity: KeyIdentity): Document {
  const given = ownField(document, state.primaryKey)
  if (given !== undefined && keyIdentity(given) !== identity) throw changedKey(state, key, given)
  return withKey(document, state.primaryKey, given ?? key) as Document
}

/** Throws when `decide` is declared async: waiting would let others write in between. */
export function requireSync(decide: unknown, noun: string): void {
  const tag = Object.prototype.toString.call(decide)
  if (tag === '[object AsyncFunction]' || tag === '[object AsyncGeneratorFunction]') {
    throw new UsageError(`the ${noun} is async; it must return at once: a document, or null to delete`)
  }
}

/** The checked result of a caller's function. An exception in it becomes the document's error. */
export function answerOf(ask: () => unknown, noun: string): Document | null {
  let answer: unknown
  try {
    answer = ask()
  } catch (cause) {
    throw new UsageError(`the ${noun} threw: ${reasonOf(cause)}`, { cause })
  }
  if (answer === null || isObject(answer)) return answer
  const then = (answer as PromiseLike<unknown> | undefined)?.then
  if (typeof then === 'function') {
    // Nobody waits for this promise, whether it resolves or rejects.
    then.call(
      answer,
      () => {},
      () => {},
    )
    throw new UsageError(`the ${noun} returned a promise; it must return at once: a document, or null to delete`)
  }
  const got =
    typeof answer === 'object' ? kindOf(answer as object) : answer === undefined ? 'undefined' : `a ${typeof answer}`
  throw new UsageError(`the ${noun} returned ${got}; it must return a document, or null to delete`)
}
