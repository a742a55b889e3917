// What the panes of the page share: the engine, what is in the database, and which collection is looked at.

import type { Key } from 'quiverdb'
import type { CollectionFigures, Overview } from '../protocol.ts'
import { Engine } from './engine.ts'

export interface Timing {
  readonly what: string
  readonly ms: number
}

type Event = 'overview' | 'collection' | 'timing' | 'document' | 'status'

const TIMINGS_MAX = 40

export class State {
  readonly engine = new Engine()
  overview: Overview = { collections: [], usage: undefined }
  collection: string | undefined
  /** The document that is looked at. */
  document: Key | undefined
  readonly timings: Timing[] = []
  status: { readonly text: string; readonly part: number | undefined; readonly isError: boolean } = {
    text: '',
    part: undefined,
    isError: false,
  }
  readonly #listeners = new Map<Event, (() => void)[]>()

  on(event: Event, listener: () => void): void {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener])
  }

  #emit(event: Event): void {
    for (const listener of this.#listeners.get(event) ?? []) listener()
  }

  /** The collections that are the reader's: what the page and the interfaces keep for themselves is left out. */
  get collections(): readonly CollectionFigures[] {
    return this.overview.collections.filter(({ name }) => !name.startsWith('playground.') && !OWN.includes(name))
  }

  get current(): CollectionFigures | undefined {
    return this.overview.collections.find(({ name }) => name === this.collection)
  }

  async refresh(): Promise<void> {
    this.overview = await this.engine.ask('overview')
    if (this.current === undefined) {
      this.collection = this.collections[0]?.name
      this.document = undefined
      this.#emit('collection')
    }
    this.#emit('overview')
  }

  select(collection: string): void {
    if (this.collection === collection) return
    this.collection = collection
    this.document = undefined
    this.#emit('collection')
  }

  look(document: Key): void {
    this.document = document
    this.#emit('document')
  }

  time(what: string, ms: number): void {
    this.timings.unshift({ what, ms })
    this.timings.length = Math.min(this.timings.length, TIMINGS_MAX)
    this.#emit('timing')
  }

  /** @param part - of what is done, 0 to 1. */
  say(text: string, part?: number): void {
    this.status = { text, part, isError: false }
    this.#emit('status')
  }

  complain(error: unknown): void {
    const { name, message } = error as Error
    this.status = { text: name === 'Error' ? message : `${name}: ${message}`, part: undefined, isError: true }
    this.#emit('status')
  }

  /** Runs what a reader asked for; a refusal is told in the status line. */
  async attempt(run: () => Promise<void>): Promise<void> {
    try {
      await run()
    } catch (error) {
      this.complain(error)
    }
  }
}

const OWN = ['_rethinkdb', 'milvus.catalog', 'epsilla.tables', 'seekdb']
