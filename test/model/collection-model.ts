// A collection in plain JavaScript: a Map from key to document, and the rules of API.md written down as directly as they can be.
// It shares no code with the engine.

export type Plain = Record<string, unknown>
export type Decision = 'null' | 'old' | 'new' | 'both' | 'throw' | 'async' | 'rekey' | 'undefined' | 'bad'

export interface Options {
  readonly partition?: string
  readonly returnChanges?: false | true | 'always'
  readonly atomic?: boolean
}

export interface Change {
  key: unknown
  oldValue: Plain | null
  newValue: Plain | null
  error?: string
}

export interface Result {
  inserted: number
  replaced: number
  unchanged: number
  deleted: number
  skipped: number
  errors: number
  generatedCount: number
  changes?: Change[]
}

interface Stored {
  document: Plain
  partition: string
}

/** One string for each key: numbers and bigints of one value share it. */
export function canon(key: unknown): string {
  return typeof key === 'string' ? `s${key}` : `n${key === 0 ? 0 : String(key)}`
}

/** Whether two documents are stored as the same bytes: the order of fields does not count, `5` and `5n` differ. */
export function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b)
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const left = Object.keys(a).filter((name) => (a as Plain)[name] !== undefined)
  const right = Object.keys(b).filter((name) => (b as Plain)[name] !== undefined)
  return (
    left.length === right.length &&
    left.every((name) => right.includes(name) && isSame((a as Plain)[name], (b as Plain)[name]))
  )
}

/** Not structuredClone, which keeps two uses of one object one object. */
function copy<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copy) as T
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, copy(inner)])) as T
}

function isObject(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function merge(target: Plain, patch: Plain): Plain {
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined) continue
    if (isObject(value) && isObject(target[name])) merge(target[name], value)
    else target[name] = copy(value)
  }
  return target
}

function isBad(value: unknown): boolean {
  if (isObject(value) || Array.isArray(value)) return Object.values(value as object).some(isBad)
  return typeof value === 'number' && !Number.isFinite(value)
}

class Refused extends Error {}

export class CollectionModel {
  stored = new Map<string, Stored>()
  partitions = ['_default']

  /** `made` yields the keys that the engine generated, in order. */
  insert(
    documents: readonly Plain[],
    conflict: 'error' | 'replace' | 'update' | Decision,
    options: Options,
    made: Iterator<unknown>,
  ): Result {
    return this.#run(options, documents, (document, note) => {
      const isKeyless = document.id === undefined || document.id === null
      if (isKeyless) {
        if (isBad(document)) throw new Refused()
        const key = made.next().value
        note.key = key
        note.isGenerated = true
        this.#put(note, key, { ...document, id: key }, options.partition ?? '_default')
        return
      }
      note.key = document.id
      const there = this.stored.get(canon(document.id))
      if (there === undefined) {
        this.#put(note, document.id, document, options.partition ?? '_default')
        return
      }
      const partition = options.partition ?? there.partition
      if (conflict === 'error') throw new Refused()
      if (conflict === 'replace') this.#put(note, document.id, document, partition)
      else if (conflict === 'update') this.#put(note, document.id, merge(copy(there.document), document), partition)
      else this.#decide(note, document.id, conflict, there, document, partition)
    })
  }

  alter(
    kind: 'update' | 'replace' | 'delete',
    keys: readonly unknown[],
    value: Plain | Decision,
    options: Options,
  ): Result {
    return this.#run(options, keys, (key, note) => {
      note.key = key
      const there = this.stored.get(canon(key))
      if (
        there === undefined ||
        (kind === 'delete' && options.partition !== undefined && options.partition !== there.partition)
      ) {
        note.outcome = 'skipped'
        return
      }
      const partition = options.partition ?? there.partition
      if (kind === 'delete') this.#remove(note, key)
      else if (typeof value === 'string') this.#decide(note, key, value, there, {}, partition, kind === 'update')
      else {
        if (value.id !== undefined && canon(value.id) !== canon(key)) throw new Refused()
        const next =
          kind === 'update' ? merge(copy(there.document), value) : { ...value, id: value.id ?? there.document.id }
        this.#put(note, key, next, partition)
      }
    })
  }

  #decide(
    note: Note,
    key: unknown,
    decision: Decision,
    there: Stored,
    given: Plain,
    partition: string,
    isPatch = false,
  ): void {
    const answer = decide(decision, copy(there.document), copy(given))
    if (answer === null) {
      this.#remove(note, key)
      return
    }
    if (answer === undefined || (answer.id !== undefined && canon(answer.id) !== canon(key))) throw new Refused()
    const next = isPatch ? merge(copy(there.document), answer) : { ...answer, id: answer.id ?? there.document.id }
    this.#put(note, key, next, partition)
  }

  #put(note: Note, key: unknown, document: Plain, partition: string): void {
    if (isBad(document)) throw new Refused()
    const old = this.stored.get(canon(key))
    note.oldValue = old === undefined ? null : copy(old.document)
    const isMoved = old !== undefined && old.partition !== partition
    note.outcome =
      old === undefined ? 'inserted' : !isMoved && isSame(old.document, document) ? 'unchanged' : 'replaced'
    this.stored.set(canon(key), { document: copy(document), partition })
    note.newValue = copy(document)
  }

  #remove(note: Note, key: unknown): void {
    const old = this.stored.get(canon(key))!
    note.oldValue = copy(old.document)
    note.outcome = 'deleted'
    this.stored.delete(canon(key))
  }

  #run<T>(options: Options, items: readonly T[], act: (item: T, note: Note) => void): Result {
    const before = new Map(this.stored)
    const notes = items.map((item) => {
      const note = new Note()
      try {
        act(item, note)
      } catch (error) {
        if (!(error instanceof Refused)) throw error
        note.outcome = 'errors'
      }
      return note
    })
    const result: Result = {
      inserted: 0,
      replaced: 0,
      unchanged: 0,
      deleted: 0,
      skipped: 0,
      errors: 0,
      generatedCount: 0,
    }
    for (const note of notes) {
      result[note.outcome]++
      if (note.isGenerated) result.generatedCount++
    }
    const isUndone = (options.atomic ?? false) && result.errors > 0
    if (isUndone) {
      this.stored = before
      Object.assign(result, { inserted: 0, replaced: 0, unchanged: 0, deleted: 0, skipped: 0, generatedCount: 0 })
    }
    if (options.returnChanges) result.changes = this.#changes(notes, options.returnChanges === 'always', isUndone)
    return result
  }

  #changes(notes: readonly Note[], isAll: boolean, isUndone: boolean): Change[] {
    return notes.flatMap((note) => {
      const isWritten = ['inserted', 'replaced', 'deleted'].includes(note.outcome) && !isUndone
      if (!isWritten && !isAll) return []
      const hasOwnValues = isWritten || (note.outcome === 'unchanged' && !isUndone)
      const stored = this.stored.get(canon(note.key))?.document ?? null
      const oldValue = hasOwnValues ? note.oldValue : stored
      const newValue = hasOwnValues ? note.newValue : stored
      const key = newValue?.id ?? oldValue?.id ?? (note.isGenerated && isUndone ? null : note.key)
      return [{ key, oldValue, newValue, ...(note.outcome === 'errors' ? { error: 'some' } : {}) }]
    })
  }
}

class Note {
  key: unknown = null
  outcome: 'inserted' | 'replaced' | 'unchanged' | 'deleted' | 'skipped' | 'errors' = 'errors'
  oldValue: Plain | null = null
  newValue: Plain | null = null
  isGenerated = false
}

/** What a decision answers, the same for the model and for the function that the engine gets; undefined where it is refused. */
export function decide(decision: Decision, old: Plain, given: Plain): Plain | null | undefined {
  switch (decision) {
    case 'null':
      return null
    case 'old':
      return old
    case 'new':
      return { ...given, id: old.id }
    case 'both':
      return { n: [old.n ?? null, given.n ?? null] }
    case 'rekey':
      return { ...old, id: 'other' }
    case 'bad':
      return { ...old, n: NaN }
    default:
      return undefined
  }
}
