// One text or sparse index in one partition, maintained lazily: a write only marks its slot, and texts are analysed
// here, before the next search or when there is time. So a write costs the same with and without such an index, and a
// search always reflects what is stored now.

import type { InvertedDefinition, TextIndexDefinition } from '../../catalog/index.ts'
import type { InvertedStats, SlotTokens, SlotVector } from '../../core/derived/index.ts'
import { performance } from '../../core/index.ts'
import { isExhausted, LimitError } from '../../error/index.ts'
import { type Analyzer, analyzerOf } from '../../text/index.ts'
import type { Partition } from '../partition.ts'
import { pause, SLICE_MS } from '../pause.ts'
import { FieldReader } from '../read/fields.ts'
import { sparseEntries } from './sparse.ts'

/** Marked slots processed together, and the number of tokens after which they are handed over. */
const SLOTS_TOGETHER = 128
const TOKENS_TOGETHER = 2_048

const analyzers = new WeakMap<TextIndexDefinition, Analyzer>()

/** The analyzer of a text index. */
export function analyzerFor(definition: TextIndexDefinition): Analyzer {
  let analyzer = analyzers.get(definition)
  if (analyzer === undefined) {
    // Checks the whole definition, whose lists of words may be long.
    analyzer = analyzerOf(definition.analyzer)
    analyzers.set(definition, analyzer)
  }
  return analyzer
}

export class InvertedPart {
  readonly partition: Partition
  readonly definition: InvertedDefinition
  readonly handle: number
  readonly #fields: FieldReader
  readonly #analyzer: Analyzer | undefined
  readonly #slots = new Uint32Array(SLOTS_TOGETHER)
  readonly #addresses = new Uint32Array(SLOTS_TOGETHER)

  /** Adopts the index if it is in the partition's memory; otherwise creates it with every document marked. */
  constructor(partition: Partition, definition: InvertedDefinition) {
    this.partition = partition
    this.definition = definition
    this.#fields = new FieldReader(definition.fields)
    this.#analyzer = definition.type === 'text' ? analyzerFor(definition) : undefined
    const { inverted } = partition.store
    const held = inverted.find(definition.id, definition.type)
    this.handle = held >= 0 ? held : inverted.create(definition.id, definition.type)
    if (held < 0 && definition.type === 'text') {
      const roots = definition.fields.map((path) => path.split('.')[0]!)
      inverted.setFields(this.handle, [...new Set(roots)])
    }
  }

  get stats(): InvertedStats {
    return this.partition.store.inverted.stats(this.handle)
  }

  /** Releases its memory. */
  drop(): void {
    this.partition.store.inverted.drop(this.handle)
  }

  /**
   * Indexes marked documents until `deadline` (of `performance.now()`), always at least a few. Returns true when
   * nothing is marked any more.
   *
   * @throws LimitError when memory is exhausted; what was not done stays marked.
   */
  settle(deadline: number): boolean {
    for (;;) {
      const marked = this.partition.store.inverted.marked(this.handle, SLOTS_TOGETHER)
      if (marked.length === 0) return true
      this.partition.onDerivedChanged()
      const count = this.#take(marked)
      this.#fields.fill(this.partition, this.#addresses, count)
      if (this.#analyzer === undefined) this.#putVectors(count, deadline)
      else this.#putTexts(count, deadline, this.#analyzer)
      if (performance.now() >= deadline) return this.stats.marked === 0
    }
  }

  /** Lists the marked slots that have a record; the others are removed from the index at once. */
  #take(marked: Uint32Array): number {
    let count = 0
    for (let i = 0; i < marked.length; i += 2) {
      if (marked[i + 1] === 0) {
        this.partition.store.inverted.remove(this.handle, marked[i]!)
        continue
      }
      this.#slots[count] = marked[i]!
      this.#addresses[count++] = marked[i + 1]!
    }
    return count
  }

  /** Documents without text in any of the fields are not in the index, and do not count in its statistics. */
  #putTexts(count: number, deadline: number, analyzer: Analyzer): void {
    const { inverted } = this.partition.store
    let documents: SlotTokens[] = []
    let tokensCount = 0
    for (let i = 0; i < count; i++) {
      const slot = this.#slots[i]!
      const texts = textsOf(this.#fields.values(i))
      if (texts.length === 0) {
        inverted.remove(this.handle, slot)
        continue
      }
      const tokens = texts.length === 1 ? analyzer.tokens(texts[0]!) : texts.flatMap((text) => analyzer.tokens(text))
      documents.push({ slot, tokens })
      tokensCount += tokens.length
      if (tokensCount < TOKENS_TOGETHER) continue
      inverted.putTexts(this.handle, documents)
      if (performance.now() >= deadline) return
      documents = []
      tokensCount = 0
    }
    inverted.putTexts(this.handle, documents)
  }

  #putVectors(count: number, deadline: number): void {
    const { inverted } = this.partition.store
    let vectors: SlotVector[] = []
    let entriesCount = 0
    for (let i = 0; i < count; i++) {
      const slot = this.#slots[i]!
      const entries = sparseEntries(this.#fields.value(i, 0))
      if (entries === undefined) {
        inverted.remove(this.handle, slot)
        continue
      }
      vectors.push({ slot, ...entries })
      entriesCount += entries.indices.length
      if (entriesCount < TOKENS_TOGETHER) continue
      inverted.putVectors(this.handle, vectors)
      if (performance.now() >= deadline) return
      vectors = []
      entriesCount = 0
    }
    if (vectors.length > 0) inverted.putVectors(this.handle, vectors)
  }
}

/** The texts among the values of the fields: strings, and strings in arrays. */
function textsOf(values: readonly unknown[]): string[] {
  const texts: string[] = []
  for (const value of values) {
    if (typeof value === 'string') texts.push(value)
    else if (Array.isArray(value)) for (const item of value) if (typeof item === 'string') texts.push(item)
  }
  return texts
}

/** The text and sparse indexes of one partition. */
export class InvertedParts {
  readonly #partition: Partition
  readonly #parts = new Map<number, InvertedPart>()
  #definitions: readonly InvertedDefinition[] = []
  #running: Promise<void> | undefined

  constructor(partition: Partition) {
    this.#partition = partition
  }

  /**
   * Brings the indexes in line with the definitions: adopts existing ones, creates missing ones, drops the rest.
   *
   * @throws LimitError when memory is exhausted; an index still missing is created on first use.
   */
  adopt(definitions: readonly InvertedDefinition[]): void {
    this.#definitions = definitions
    for (const { handle, id } of this.#partition.store.inverted.all()) {
      if (definitions.some((definition) => definition.id === id)) continue
      this.#partition.store.inverted.drop(handle)
      this.#parts.delete(id)
    }
    for (const { id } of definitions) this.of(id)
  }

  /** The index with this id, which must be among those adopted. */
  of(id: number): InvertedPart {
    let part = this.#parts.get(id)
    if (part === undefined) {
      part = new InvertedPart(this.#partition, this.#definitions.find((definition) => definition.id === id)!)
      this.#parts.set(id, part)
    }
    return part
  }

  /** The number of documents in an index. */
  entries(id: number): number {
    return this.#parts.get(id)?.stats.documents ?? 0
  }

  /** The number of marked documents over all indexes. */
  get marked(): number {
    let marked = 0
    for (const part of this.#parts.values()) marked += part.stats.marked
    return marked
  }

  /** Brings the indexes up to date until `deadline`; returns true when nothing is marked any more. */
  settle(deadline: number): boolean {
    for (const part of this.#parts.values()) if (!part.settle(deadline)) return false
    return true
  }

  /** Called after a write: brings the indexes up to date between turns of the event loop. */
  schedule(): void {
    if (this.#parts.size === 0 || this.#running !== undefined || this.#partition.isClosing) return
    this.#running = this.#run().finally(() => {
      this.#running = undefined
    })
  }

  async #run(): Promise<void> {
    try {
      do await pause()
      while (!this.#partition.isClosing && !this.settle(performance.now() + SLICE_MS / 2))
    } catch (error) {
      // The rest stays marked, and the next search reports the error. A text may exceed what the platform can handle.
      if (!(error instanceof LimitError || isExhausted(error))) this.#partition.poison(error)
    }
  }
}
